// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

import type { ReactNode } from 'react'
import s from './HealthPage.module.css'

/** A table that becomes a list of cards on a narrow screen, so that nothing has to be scrolled sideways. */
export function Table({ head, rows, empty }: { head: string[]; rows: { key: string | number; cells: ReactNode[] }[]; empty: string }) {
  if (rows.length === 0) return <p className="soft">{empty}</p>
  return (
    <table className={s.table}>
      <thead>
        <tr>
          {head.map((h) => (
            <th key={h} scope="col">
              {h}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {rows.map((r) => (
          <tr key={r.key}>
            {r.cells.map((c, i) => (
              <td key={i} data-head={head[i]}>
                {c}
              </td>
            ))}
          </tr>
        ))}
      </tbody>
    </table>
  )
}

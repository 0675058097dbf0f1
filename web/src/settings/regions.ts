// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

/** What the regions call themselves whose holidays are known. */
const names: Record<string, string> = {
  AT: 'Österreich',
  'CH-AG': 'Aargau', 'CH-AI': 'Appenzell Innerrhoden', 'CH-AR': 'Appenzell Ausserrhoden', 'CH-BE': 'Bern', 'CH-BL': 'Basel-Landschaft', 'CH-BS': 'Basel-Stadt',
  'CH-FR': 'Fribourg', 'CH-GE': 'Genève', 'CH-GL': 'Glarus', 'CH-GR': 'Graubünden', 'CH-JU': 'Jura', 'CH-LU': 'Luzern', 'CH-NE': 'Neuchâtel',
  'CH-NW': 'Nidwalden', 'CH-OW': 'Obwalden', 'CH-SG': 'St. Gallen', 'CH-SH': 'Schaffhausen', 'CH-SO': 'Solothurn', 'CH-SZ': 'Schwyz', 'CH-TG': 'Thurgau',
  'CH-TI': 'Ticino', 'CH-UR': 'Uri', 'CH-VD': 'Vaud', 'CH-VS': 'Valais', 'CH-ZG': 'Zug', 'CH-ZH': 'Zürich',
  'DE-BB': 'Brandenburg', 'DE-BE': 'Berlin', 'DE-BW': 'Baden-Württemberg', 'DE-BY': 'Bayern', 'DE-HB': 'Bremen', 'DE-HE': 'Hessen', 'DE-HH': 'Hamburg',
  'DE-MV': 'Mecklenburg-Vorpommern', 'DE-NI': 'Niedersachsen', 'DE-NW': 'Nordrhein-Westfalen', 'DE-RP': 'Rheinland-Pfalz', 'DE-SH': 'Schleswig-Holstein',
  'DE-SL': 'Saarland', 'DE-SN': 'Sachsen', 'DE-ST': 'Sachsen-Anhalt', 'DE-TH': 'Thüringen',
}

/** Regions to choose from: those of a country together, by their names. */
export function regionChoices(codes: readonly string[]): { value: string; label: string }[] {
  const country = (code: string) => code.slice(0, 2)
  const name = (code: string) => names[code] ?? code
  const order = ['DE', 'AT', 'CH']
  return [...codes]
    .sort((a, b) => order.indexOf(country(a)) - order.indexOf(country(b)) || name(a).localeCompare(name(b), 'de'))
    .map((code) => ({ value: code, label: code.length > 2 ? `${name(code)} (${country(code)})` : name(code) }))
}

// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

package storetest

import (
	"context"
	"database/sql"
	"fmt"
	"regexp"
	"strings"
	"sync"

	"github.com/hilft/hilft/internal/store"
)

// Where a question names both rows and a brand, SQLite takes a brand for the smaller of the two, and goes through all that the brand
// has: nobody sees that before the house has a million of them. In tests such a question is an error.
func init() { //nolint:gochecknoinits // before any test opens a database
	store.Planned = refuseWholeBrands
}

var (
	looked     sync.Map // by statement
	wholeBrand = regexp.MustCompile(`^SEARCH \w+ USING .*INDEX \w+ \(brand_id=\?\)$`)
)

// smallTables are of what a brand has a hundred or so.
var smallTables = regexp.MustCompile(`FROM (tag|account|saved_view|webhook|provider) `)

func refuseWholeBrands(ctx context.Context, conn *sql.Conn, query string) (err error) {
	if _, before := looked.LoadOrStore(query, true); before || !strings.Contains(query, "json_each(") || smallTables.MatchString(query) {
		return nil
	}
	rows, err := conn.QueryContext(ctx, "EXPLAIN QUERY PLAN "+query, make([]any, strings.Count(query, "?"))...)
	if err != nil {
		return fmt.Errorf("storetest: the plan of %s: %w", query, err)
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		var id, parent, unused int
		var step string
		if err := rows.Scan(&id, &parent, &unused, &step); err != nil {
			return err
		}
		if wholeBrand.MatchString(step) {
			return fmt.Errorf("storetest: %s: this goes through all that a brand has: %s", query, step)
		}
	}
	return rows.Err()
}

// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

package search

import (
	"hash/fnv"
	"slices"
	"strings"

	"github.com/hilft/hilft"
	"github.com/hilft/hilft/internal/text"
)

// gramSize is how many letters in a row find a word that they stand in. Fewer stand in too many.
const gramSize = 4

// gramsOf is by which letters a word is found that has them within it, also where the dots of its umlauts are left off:
// each with the lower 32 bits free for the word. What has digits in it is a number of something, and what is no word of a
// text is found by its beginning.
func gramsOf(brand hilft.BrandID, word string) []int64 {
	if strings.ContainsAny(word, "@~#%0123456789") {
		return nil
	}
	var all []int64
	for _, w := range []string{word, text.Bare(word)} {
		letters := []rune(w)
		for i := 0; i+gramSize <= len(letters); i++ {
			all = append(all, gram(brand, string(letters[i:i+gramSize])))
		}
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// gram is what stands in the upper bits for four letters in a brand's words. Two may stand for the same: whoever looks
// there looks at the word as well.
func gram(brand hilft.BrandID, letters string) int64 {
	h := fnv.New64a()
	_, _ = h.Write([]byte(brand))
	_, _ = h.Write([]byte(letters))
	return int64(h.Sum64()>>33) << 32
}

// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

package search

import (
	"encoding/binary"
	"errors"
	"math/bits"
	"slices"
)

// posting is a word, and the messages of a run that have it, as ascending distances from the run's first.
type posting struct {
	word int64
	docs []uint32
}

// pageMost is how large a page gets before the next one begins: with its row it fits a page of SQLite.
const pageMost = 3800

// page is what is stored under its first word: the words in ascending order, each as a number of its own: its distance from
// the one before, how many bytes its messages take, and these, each by its distance from the one before.
type page struct {
	first int64
	body  []byte
}

// packer makes pages of words that come in ascending order.
type packer struct {
	pages []page
	last  int64
}

// add adds a word with its messages as they are packed.
func (p *packer) add(word int64, docs []byte) {
	n := len(p.pages)
	if n == 0 || len(p.pages[n-1].body)+len(docs) > pageMost {
		p.pages = append(p.pages, page{first: word})
		n, p.last = n+1, word
	}
	b := binary.AppendUvarint(p.pages[n-1].body, uint64(word-p.last))
	b = binary.AppendUvarint(b, uint64(len(docs)))
	p.pages[n-1].body, p.last = append(b, docs...), word
}

// pack makes pages of postings, which ascend by word.
func pack(all []posting) []page {
	var to packer
	var docs []byte
	for _, p := range all {
		docs = packDocs(docs[:0], p.docs)
		to.add(p.word, docs)
	}
	return to.pages
}

func packDocs(b []byte, docs []uint32) []byte {
	last := uint32(0)
	for _, d := range docs {
		b = binary.AppendUvarint(b, uint64(d-last))
		last = d
	}
	return b
}

var errTorn = errors.New("search: a page of the index does not read")

// eachWord calls each for every word of a page, with its messages as they are packed, until each returns false.
func (p page) eachWord(each func(word int64, docs []byte) bool) error {
	for r := (&reading{pages: []page{p}}); ; {
		if err := r.next(); err != nil || r.over || !each(r.word, r.docs) {
			return err
		}
	}
}

func unpackDocs(packed []byte) (docs []uint32, err error) {
	last := uint32(0)
	for len(packed) > 0 {
		d, n := binary.Uvarint(packed)
		if n <= 0 {
			return nil, errTorn
		}
		last += uint32(d)
		docs = append(docs, last)
		packed = packed[n:]
	}
	return docs, nil
}

// unpack is what pack made a page of.
func (p page) unpack() ([]posting, error) {
	var all []posting
	var torn error
	err := p.eachWord(func(word int64, packed []byte) bool {
		var docs []uint32
		docs, torn = unpackDocs(packed)
		all = append(all, posting{word, docs})
		return torn == nil
	})
	return all, errors.Join(err, torn)
}

// with is the postings of a page with a message put into a word, or taken out of it. A word without messages goes.
func with(all []posting, word int64, doc uint32, in bool) []posting {
	i, found := slices.BinarySearchFunc(all, word, func(p posting, w int64) int { return int(p.word - w) })
	switch {
	case !found && !in:
		return all
	case !found:
		return slices.Insert(all, i, posting{word, []uint32{doc}})
	}
	at, has := slices.BinarySearch(all[i].docs, doc)
	switch {
	case in && !has:
		all[i].docs = slices.Insert(all[i].docs, at, doc)
	case !in && has:
		all[i].docs = slices.Delete(all[i].docs, at, at+1)
	}
	if len(all[i].docs) == 0 {
		return slices.Delete(all, i, i+1)
	}
	return all
}

// packWords is the words of a message in their order; 0 parts what stands apart in it.
func packWords(words []int64) []byte {
	b := make([]byte, 0, 2*len(words))
	for _, w := range words {
		b = binary.AppendUvarint(b, uint64(w))
	}
	return b
}

func unpackWords(b []byte) ([]int64, error) {
	words := make([]int64, 0, len(b))
	for len(b) > 0 {
		w, n := binary.Uvarint(b)
		if n <= 0 {
			return nil, errTorn
		}
		words = append(words, int64(w))
		b = b[n:]
	}
	return words, nil
}

// set is a set of the messages of a run.
type set []uint64

func newSet(many int) set { return make(set, (many+63)/64) }

func (s set) has(d uint32) bool { return int(d/64) < len(s) && s[d/64]&(1<<(d%64)) != 0 }

func (s set) put(d uint32) { s[d/64] |= 1 << (d % 64) }

func (s set) count() (n int) {
	for _, part := range s {
		n += bits.OnesCount64(part)
	}
	return n
}

func (s set) none() bool { return !slices.ContainsFunc(s, func(part uint64) bool { return part != 0 }) }

// add adds the messages that are packed.
func (s set) add(packed []byte) error {
	last := uint64(0)
	for len(packed) > 0 {
		d, n := binary.Uvarint(packed)
		if n <= 0 {
			return errTorn
		}
		if last += d; last/64 >= uint64(len(s)) {
			return errTorn
		}
		s[last/64] |= 1 << (last % 64)
		packed = packed[n:]
	}
	return nil
}

func (s set) and(o set) {
	for i := range s {
		s[i] &= o[i]
	}
}

// reading goes through the words of a run.
type reading struct {
	pages []page // those not begun yet
	rest  []byte // of the one at hand
	word  int64
	docs  []byte
	over  bool
}

func (r *reading) next() error {
	for len(r.rest) == 0 {
		if r.over = len(r.pages) == 0; r.over {
			return nil
		}
		r.word, r.rest, r.pages = r.pages[0].first, r.pages[0].body, r.pages[1:]
	}
	by, n := binary.Uvarint(r.rest)
	if n <= 0 {
		return errTorn
	}
	size, m := binary.Uvarint(r.rest[n:])
	if m <= 0 || size > uint64(len(r.rest)-n-m) {
		return errTorn
	}
	r.word += int64(by)
	r.docs, r.rest = r.rest[n+m:n+m+int(size)], r.rest[n+m+int(size):]
	return nil
}

// merge makes the pages of one run of those of several that follow each other; by is how far each begins behind the first.
func merge(runs [][]page, by []uint32) ([]page, error) {
	all := make([]*reading, len(runs))
	for i, pages := range runs {
		all[i] = &reading{pages: pages}
		if err := all[i].next(); err != nil {
			return nil, err
		}
	}
	var to packer
	var docs []byte
	for {
		word, more := int64(0), false
		for _, r := range all {
			if !r.over && (!more || r.word < word) {
				word, more = r.word, true
			}
		}
		if !more {
			return to.pages, nil
		}
		docs = docs[:0]
		last := uint32(0)
		for i, r := range all {
			if r.over || r.word != word {
				continue
			}
			// Only the first distance changes.
			first, n := binary.Uvarint(r.docs)
			if n <= 0 {
				return nil, errTorn
			}
			docs = binary.AppendUvarint(docs, uint64(by[i]+uint32(first)-last))
			docs = append(docs, r.docs[n:]...)
			last = by[i] + uint32(first)
			for rest := r.docs[n:]; len(rest) > 0; {
				d, n := binary.Uvarint(rest)
				if n <= 0 {
					return nil, errTorn
				}
				last, rest = last+uint32(d), rest[n:]
			}
			if err := r.next(); err != nil {
				return nil, err
			}
		}
		to.add(word, docs)
	}
}

func sorted(docs map[int64][]uint32) []posting {
	all := make([]posting, 0, len(docs))
	for w, d := range docs {
		all = append(all, posting{w, d})
	}
	slices.SortFunc(all, func(a, b posting) int { return int(a.word - b.word) })
	return all
}

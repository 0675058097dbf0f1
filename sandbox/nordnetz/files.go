// SPDX-FileCopyrightText: The hilft authors
// SPDX-License-Identifier: Apache-2.0

package nordnetz

import (
	"bytes"
	"fmt"
	"image"
	"image/color"
	"image/png"
)

// photo is a picture of a router whose lamp blinks, as far as a few rectangles can be one.
func photo() []byte {
	const width, height = 480, 320
	img := image.NewPaletted(image.Rect(0, 0, width, height), color.Palette{
		color.RGBA{0xcf, 0xc4, 0xb2, 0xff},
		color.RGBA{0x8d, 0x6e, 0x4f, 0xff},
		color.RGBA{0x24, 0x2a, 0x33, 0xff},
		color.RGBA{0x3a, 0x43, 0x50, 0xff},
		color.RGBA{0x59, 0xd0, 0x8a, 0xff},
		color.RGBA{0xf0, 0x5b, 0x41, 0xff},
	})
	fill := func(x0, y0, x1, y1 int, index uint8) {
		for y := y0; y < y1; y++ {
			for x := x0; x < x1; x++ {
				img.SetColorIndex(x, y, index)
			}
		}
	}
	fill(0, 230, width, height, 1) // the shelf
	fill(90, 130, 390, 236, 2)     // the router
	fill(90, 130, 390, 146, 3)     // its edge
	fill(120, 60, 128, 130, 2)     // two antennas
	fill(352, 60, 360, 130, 2)     //
	for i := range 5 {             // lamps: power, DSL, and three that have nothing to do
		index := uint8(3)
		switch i {
		case 0:
			index = 4
		case 1:
			index = 5
		}
		fill(130+i*50, 185, 148+i*50, 197, index)
	}
	var b bytes.Buffer
	_ = png.Encode(&b, img) // a buffer takes everything
	return b.Bytes()
}

// bill is a PDF of one page.
func bill() []byte {
	var b bytes.Buffer
	var starts []int
	object := func(body string) {
		starts = append(starts, b.Len())
		fmt.Fprintf(&b, "%d 0 obj\n%s\nendobj\n", len(starts), body)
	}
	b.WriteString("%PDF-1.4\n")
	object("<< /Type /Catalog /Pages 2 0 R >>")
	object("<< /Type /Pages /Kids [3 0 R] /Count 1 >>")
	object("<< /Type /Page /Parent 2 0 R /MediaBox [0 0 420 595] /Contents 4 0 R /Resources << /Font << /F 5 0 R >> >> >>")
	page := "BT /F 20 Tf 40 530 Td (Nordnetz) Tj /F 12 Tf 0 -40 Td (Rechnung November) Tj 0 -30 Td (Internet 250, ein Monat          44,90 EUR) Tj " +
		"0 -20 Td (Summe                                    44,90 EUR) Tj 0 -40 Td (Wir buchen den Betrag einmal ab.) Tj ET"
	object(fmt.Sprintf("<< /Length %d >>\nstream\n%s\nendstream", len(page), page))
	object("<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>")
	table := b.Len()
	fmt.Fprintf(&b, "xref\n0 %d\n0000000000 65535 f \n", len(starts)+1)
	for _, at := range starts {
		fmt.Fprintf(&b, "%010d 00000 n \n", at)
	}
	fmt.Fprintf(&b, "trailer\n<< /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n", len(starts)+1, table)
	return b.Bytes()
}

package crates

import (
	"archive/zip"
	"bytes"
	"crypto/sha512"
	"fmt"
	"time"
)

// bag is a zip of one BagIt bag (RFC 8493).
//
// The profile: exactly one top-level directory; the payload manifest is SHA-512; bag-info.txt has an External-Identifier.
func bag(id string, made time.Time, payload []file) ([]byte, error) {
	var manifest bytes.Buffer
	for _, f := range payload {
		fmt.Fprintf(&manifest, "%x  data/%s\n", sha512.Sum512(f.text), f.name)
	}
	tags := []file{
		{name: "bagit.txt", text: []byte("BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n")},
		{name: "bag-info.txt", text: []byte("External-Identifier: " + release + id + "\nBagging-Date: " + made.UTC().Format(time.DateOnly) + "\n")},
		{name: "manifest-sha512.txt", text: manifest.Bytes()},
	}
	var list bytes.Buffer
	for _, f := range tags {
		fmt.Fprintf(&list, "%x  %s\n", sha512.Sum512(f.text), f.name)
	}
	tags = append(tags, file{name: "tagmanifest-sha512.txt", text: list.Bytes()})
	for _, f := range payload {
		f.name = "data/" + f.name
		tags = append(tags, f)
	}
	var out bytes.Buffer
	w := zip.NewWriter(&out)
	for _, f := range tags {
		part, err := w.CreateHeader(&zip.FileHeader{Name: id + "/" + f.name, Method: zip.Deflate, Modified: made.UTC()})
		if err != nil {
			return nil, err
		}
		if _, err := part.Write(f.text); err != nil {
			return nil, err
		}
	}
	if err := w.Close(); err != nil {
		return nil, err
	}
	return out.Bytes(), nil
}

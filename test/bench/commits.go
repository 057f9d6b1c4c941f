package main

import (
	"encoding/binary"
	"fmt"
	"os"
)

// commits counts the transactions that SQLite has committed to a file in WAL
// mode, whichever process made them; each is a sync of the disk, as the gateway
// sets synchronous=FULL. A transaction that changed nothing is not one.
//
// The count is iChange, at offset 8 of the WAL index, in the machine's byte
// order ("WAL-mode File Format", 2.1: "incremented with each transaction"). It
// starts anew when the last connection closes.
type commits struct{ database string }

const changeOffset = 8

// counter counts syncs of the disk.
type counter interface{ count() (int64, error) }

func (c commits) count() (int64, error) {
	f, err := os.Open(c.database + "-shm")
	if err != nil {
		return 0, err
	}
	defer f.Close()
	var b [4]byte
	if _, err := f.ReadAt(b[:], changeOffset); err != nil {
		return 0, fmt.Errorf("%s: %w", f.Name(), err)
	}
	return int64(binary.NativeEndian.Uint32(b[:])), nil
}

package store

import (
	"context"
	"errors"
)

// readers are the connections of a SQLite file that read: as many as are in use at
// once, and no more than there are places. One that is open is taken before another
// is opened: a new one reads the whole schema and prepares each statement anew.
type readers struct {
	idle   chan *session
	places chan struct{} // of those that may still be opened
}

func newReaders(most int) readers {
	r := readers{idle: make(chan *session, most), places: make(chan struct{}, most)}
	for range most {
		r.places <- struct{}{}
	}
	return r
}

// take gives a connection; it is given back with put.
func (r readers) take(ctx context.Context, open func() (*session, error)) (*session, error) {
	select {
	case c := <-r.idle:
		return c, nil
	default:
	}
	select {
	case c := <-r.idle:
		return c, nil
	case <-r.places:
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	c, err := open()
	if err != nil {
		r.places <- struct{}{}
		return nil, err
	}
	return c, nil
}

// put takes a connection back; nil is for one that was closed.
func (r readers) put(c *session) {
	if c == nil {
		r.places <- struct{}{}
		return
	}
	r.idle <- c
}

// close ends them when none is taken.
func (r readers) close() error {
	var errs []error
	for len(r.idle) > 0 {
		errs = append(errs, (<-r.idle).close())
	}
	return errors.Join(errs...)
}

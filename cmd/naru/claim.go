package main

import (
	"context"
	"errors"

	"naru/internal/store"
)

// devMark is written into the books of naru dev, whose keys are public.
const devMark = "development"

// claimBooks keeps development and production apart: naru serve does not open
// books that naru dev has made, nor naru dev those of somebody's shop.
func claimBooks(ctx context.Context, s *store.Store, dev bool) error {
	return s.Write(ctx, func(tx *store.Tx) error {
		_, err := tx.Meta(ctx, devMark)
		switch {
		case err == nil && !dev:
			return errors.New("these books were made by naru dev, whose keys everybody knows: choose another db")
		case err == nil:
			return nil
		case !errors.Is(err, store.ErrNotFound):
			return err
		case !dev:
			return nil
		}
		merchants, err := tx.ListMerchants(ctx)
		if err != nil {
			return err
		}
		if len(merchants) > 0 {
			return errors.New("these books hold a shop's merchants: naru dev does not open them, choose another --data")
		}
		return tx.PutMeta(ctx, devMark, "1")
	})
}

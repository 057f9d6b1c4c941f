package gateway

import (
	"context"
	"fmt"

	"naru/internal/store"
)

// importStep is the step of the schema from which programs know what an import
// writes. One that does not may count the money of an imported payment twice.
const importStep = 21

// mostNodes is how many nodes are looked through.
const mostNodes = 100

// NodesBeforeImports is the nodes that serve now, or did minutes ago, whose program
// does not know imported payments: while there are any, none are imported.
func (g *Gateway) NodesBeforeImports(ctx context.Context) (old []store.Node, err error) {
	err = g.store.Read(ctx, func(tx *store.Tx) error {
		old, err = nodesBefore(ctx, tx, importStep)
		return err
	})
	return old, err
}

func nodesBefore(ctx context.Context, tx *store.Tx, step int64) (old []store.Node, err error) {
	all, err := tx.Nodes(ctx, mostNodes)
	for _, n := range all {
		if n.State.Schema < step && tx.Now.Sub(n.Seen) <= nodeGone {
			old = append(old, n)
		}
	}
	return old, err
}

// refuseBesideOlder is *Invalid while a node serves that does not know imports.
func refuseBesideOlder(ctx context.Context, tx *store.Tx) error {
	old, err := nodesBefore(ctx, tx, importStep)
	if err != nil || len(old) == 0 {
		return err
	}
	return &Invalid{"node", fmt.Sprintf("%s runs version %s, which does not know imported payments and may count their money twice: "+
		"put this release in its place first (one that was killed counts as gone after %s)", old[0].Name, old[0].Version, nodeGone)}
}

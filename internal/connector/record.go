package connector

import "context"

type recordKey struct{}

// Recording has the round trips of a question that is no Call told to record, as
// those of a Call are: scrubbed.
func Recording(ctx context.Context, record func(Exchange)) context.Context {
	return context.WithValue(ctx, recordKey{}, record)
}

// RecordOf is what Recording was given, or nil.
func RecordOf(ctx context.Context) func(Exchange) {
	record, _ := ctx.Value(recordKey{}).(func(Exchange))
	return record
}

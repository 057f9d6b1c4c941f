package tosspayments

import (
	"net/url"
	"strconv"
	"time"
)

// What "거래 조회" and "현금영수증 조회" say of 2022: the page size without and at most.
const (
	pageDefault = 100
	pageLimit   = 10000
)

// listTransactions is GET /v1/transactions. Both ends of the range belong to
// it; whether the provider sees it so is not documented.
func listTransactions(s *Simulator, c *call) (any, error) {
	query := c.r.URL.Query()
	if err := s.knownQuery(query, "startDate", "endDate", "startingAfter", "limit"); err != nil {
		return nil, err
	}
	start, err := queryTime(query, "startDate")
	if err != nil {
		return nil, err
	}
	end, err := queryTime(query, "endDate")
	if err != nil {
		return nil, err
	}
	if end.Before(start) {
		return nil, refusef("INVALID_DATE", "endDate: must not be before startDate")
	}
	limit, err := pageSize(query)
	if err != nil {
		return nil, err
	}
	all := c.shop.transactions
	if after := query.Get("startingAfter"); after != "" {
		if all, err = following(all, after); err != nil {
			return nil, err
		}
	}
	out := []object{}
	for _, t := range all {
		at := t.at.Truncate(time.Second)
		if len(out) < limit && !at.Before(start) && !at.After(end) {
			out = append(out, s.transactionObject(t, c.lang))
		}
	}
	return out, nil
}

// pageSize reads how many records a page is to have.
func pageSize(query url.Values) (int, error) {
	n, err := wholeFrom1(query, "limit", pageDefault)
	if err == nil && n > pageLimit {
		err = refusef("EXCEED_MAX_QUERY_LIMIT", "limit %d: at most %d", n, pageLimit)
	}
	return n, err
}

// wholeFrom1 reads a whole number that may be left out.
func wholeFrom1(query url.Values, name string, without int) (int, error) {
	text := query.Get(name)
	if text == "" {
		return without, nil
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 1 {
		return 0, refusef("INVALID_REQUEST", "%s %.20q: must be a whole number from 1", name, text)
	}
	return n, nil
}

func following(all []transaction, key string) ([]transaction, error) {
	for i, t := range all {
		if t.key == key {
			return all[i+1:], nil
		}
	}
	return nil, refusef("INVALID_TRANSACTION_KEY", "startingAfter %.64q", key)
}

// queryTime reads a date or a time without offset, in Seoul.
func queryTime(query url.Values, name string) (time.Time, error) {
	text := query.Get(name)
	for _, layout := range []string{"2006-01-02T15:04:05", "2006-01-02"} {
		if t, err := time.ParseInLocation(layout, text, seoul); err == nil {
			return t, nil
		}
	}
	return time.Time{}, refusef("INVALID_DATE", "%s %.40q: must be yyyy-MM-dd or yyyy-MM-dd'T'HH:mm:ss[.SSS]", name, text)
}

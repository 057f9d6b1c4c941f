package main

import (
	"naru/internal/connector"
	"naru/internal/connector/tosspay"
	"naru/internal/connector/tosspayments"
)

// drivers are the providers this program speaks to. Adding one is a line here.
func drivers() []connector.Driver {
	return []connector.Driver{
		tosspayments.Driver(),
		tosspay.Driver(),
	}
}

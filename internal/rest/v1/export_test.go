package v1

import "flag"

// Update is the flag of every test that can rewrite what it compares with.
var Update = flag.Bool("update", false, "rewrite the answers of the golden files, and what is generated")

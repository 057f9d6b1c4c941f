package v1

import "os"

// Update tells the tests that can rewrite what they compare with to do so.
var Update = os.Getenv("NARU_UPDATE") != ""

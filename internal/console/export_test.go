package console

import "naru/internal/pay"

// Route is a row of the table of routes.
type Route struct {
	Method, Pattern string
	Right           pay.Right
	Open            bool
}

// RoutesOf is the table.
func RoutesOf(c *Console) []Route {
	var out []Route
	for _, t := range c.table {
		out = append(out, Route{t.method, t.pattern, t.right, t.open})
	}
	return out
}

// ParsePages parses every page.
func ParsePages(c *Console) error { return c.kit.Parse() }

// HasAlarmWords reports whether a kind of alarm has words.
func HasAlarmWords(kind string) bool { _, ok := alarmKinds[kind]; return ok }

// FindingWhat is what is wrong.
var FindingWhat = findingWhat

// SignInProblem is the status and the words of why somebody is not let in.
func SignInProblem(lang string, err error) (status int, words string) {
	return signInStatus(err), (&visit{lang: lang}).signInProblem(err)
}

// MakingExcel is as while an Excel file is made, until done.
func MakingExcel(c *Console) (done func()) {
	c.excel.Lock()
	return c.excel.Unlock
}

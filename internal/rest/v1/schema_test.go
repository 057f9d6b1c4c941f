package v1

import (
	"fmt"
	"slices"
	"strings"
)

func eachRef(v any, f func(string)) {
	switch v := v.(type) {
	case object:
		if to, ok := v["$ref"].(string); ok {
			f(to)
		}
		for _, e := range v {
			eachRef(e, f)
		}
	case []any:
		for _, e := range v {
			eachRef(e, f)
		}
	}
}

func resolve(doc object, to string) (object, error) {
	at := doc
	for part := range strings.SplitSeq(strings.TrimPrefix(to, "#/"), "/") {
		next, ok := at[part].(object)
		if !ok {
			return nil, fmt.Errorf("%s leads nowhere", to)
		}
		at = next
	}
	return at, nil
}

// obeys holds a value against the part of JSON Schema that document uses. A
// property that the schema does not name is an error.
func obeys(doc, schema object, v any, at string) error {
	if to, ok := schema["$ref"].(string); ok {
		s, err := resolve(doc, to)
		if err != nil {
			return err
		}
		return obeys(doc, s, v, at)
	}
	if choices, ok := schema["anyOf"].([]any); ok {
		var errs []string
		for _, c := range choices {
			err := obeys(doc, c.(object), v, at)
			if err == nil {
				return nil
			}
			errs = append(errs, err.Error())
		}
		return fmt.Errorf("%s fits none of: %s", at, strings.Join(errs, "; "))
	}
	if want, ok := schema["const"]; ok && want != v {
		return fmt.Errorf("%s is %v, not %v", at, v, want)
	}
	if !fitsType(schema["type"], v) {
		return fmt.Errorf("%s is %v, not of type %v", at, v, schema["type"])
	}
	switch v := v.(type) {
	case object:
		properties, _ := schema["properties"].(object)
		for _, name := range schema["required"].([]any) {
			if _, ok := v[name.(string)]; !ok {
				return fmt.Errorf("%s has no %s", at, name)
			}
		}
		for name, e := range v {
			s, ok := properties[name].(object)
			if !ok {
				return fmt.Errorf("%s.%s is not in the document", at, name)
			}
			if err := obeys(doc, s, e, at+"."+name); err != nil {
				return err
			}
		}
	case []any:
		for i, e := range v {
			if err := obeys(doc, schema["items"].(object), e, fmt.Sprintf("%s[%d]", at, i)); err != nil {
				return err
			}
		}
	}
	return nil
}

func fitsType(types, v any) bool {
	switch types := types.(type) {
	case nil:
		return true
	case []any:
		return slices.ContainsFunc(types, func(t any) bool { return fitsType(t, v) })
	case string:
		switch v := v.(type) {
		case nil:
			return types == "null"
		case bool:
			return types == "boolean"
		case string:
			return types == "string"
		case float64:
			return types == "number" || types == "integer" && v == float64(int64(v))
		case []any:
			return types == "array"
		case object:
			return types == "object"
		}
	}
	return false
}

package v1

import (
	"bytes"
	"encoding/json"
	"net/http"
	"reflect"
	"regexp"
	"strings"

	"naru/internal/pay"
	"naru/internal/rest"
	"naru/internal/web"
)

// serveOpenAPI answers with the OpenAPI 3.1 document of what is offered, in
// Korean, or in English with ?lang=en.
func (a *api) serveOpenAPI(w http.ResponseWriter, r *http.Request) {
	ref, err := a.reference()
	if err != nil {
		codec{}.Fail(w, r, err)
		return
	}
	var b bytes.Buffer
	enc := json.NewEncoder(&b)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	if err := enc.Encode(ref.openAPI(web.Language(r.URL.Query().Get("lang")))); err != nil {
		codec{}.Fail(w, r, err)
		return
	}
	w.Header().Set("Content-Type", "application/json; charset=UTF-8")
	_, _ = w.Write(b.Bytes())
}

type object = map[string]any

// openAPI is the document, made from the routes, the structs and coverage.csv.
func (ref *reference) openAPI(lang string) object {
	d := describer{ref, lang}
	schemas := object{"Failure": object{
		"type": "object", "description": web.Pick(lang, "거절 또는 실패. code가 0이 아닙니다.", "An answer that says no: code is not 0."), "required": []string{"code", "message", "response"},
		"properties": object{"code": object{"type": "integer"}, "message": object{"type": "string"}, "response": object{"type": "null"}},
	}}
	for name, t := range ref.shapes() {
		schemas[name] = d.shape(name, t)
	}
	paths := object{}
	for _, rt := range ref.routes {
		item, _ := paths[rt.path].(object)
		if item == nil {
			item = object{}
			paths[rt.path] = item
		}
		item[strings.ToLower(rt.method)] = d.operation(rt)
	}
	return object{
		"openapi": "3.1.0",
		"info": object{
			"title": "Naru: PortOne V1 REST API", "version": "v1",
			"description": web.Pick(lang, "나루가 제공하는 포트원 V1 API입니다. 모든 응답은 code, message, response로 이루어지고 code 0이 성공입니다. HTTP 200으로 알리는 실패도 있으니 code를 확인하세요.",
				"The operations of PortOne V1 that are offered. Every answer is an envelope of code, message and response; code 0 is success, and some failures come with HTTP 200."),
			"license": object{"name": "Apache-2.0", "identifier": "Apache-2.0"},
		},
		"servers":  []object{{"url": "/"}},
		"security": []object{{"token": []string{}}},
		"paths":    paths,
		"components": object{
			"securitySchemes": object{"token": object{
				"type": "apiKey", "in": "header", "name": "Authorization",
				"description": web.Pick(lang, "POST /users/getToken의 access_token. 그대로 또는 Bearer 뒤에 씁니다.", "The access_token of POST /users/getToken, bare or after Bearer."),
			}},
			"schemas": schemas,
		},
	}
}

// describer writes the document in one language.
type describer struct {
	ref  *reference
	lang string
}

func (d describer) note(key string) string { return d.ref.byKey[key].text(d.lang) }

func (d describer) shape(name string, t reflect.Type) object {
	properties, required := object{}, []string{}
	for _, f := range fieldsOf(t) {
		properties[f.name] = described(schemaOf(f.typ), d.note(name+" response "+f.name))
		required = append(required, f.name)
	}
	return object{"type": "object", "required": required, "properties": properties}
}

var notLetters = regexp.MustCompile(`[^A-Za-z]+`)

func (d describer) operation(rt route) object {
	success := jsonContent(envelopeOf(schemaOf(rt.response())))
	responses := object{
		"200": object{
			"description": web.Pick(d.lang, "code 0은 성공, 아니면 거절", "code 0, or a refusal with another code"),
			"content":     jsonContent(object{"anyOf": []object{envelopeOf(schemaOf(rt.response())), ref("Failure")}}),
		},
		"default": object{"description": web.Pick(d.lang, "거절", "a refusal"), "content": jsonContent(ref("Failure"))},
	}
	if rt.partly() {
		responses["207"] = object{"description": web.Pick(d.lang, "일부만 찾음", "some of them"), "content": success}
	}
	op := object{
		"operationId": notLetters.ReplaceAllString(strings.ToLower(rt.method)+rt.path, "_"),
		"summary":     d.note(rt.address()), "responses": responses,
	}
	if rt.public {
		op["security"] = []object{}
	}
	parameters, body := d.parameters(rt)
	if len(parameters) > 0 {
		op["parameters"] = parameters
	}
	if body != nil {
		content := object{"schema": body}
		op["requestBody"] = object{"required": true, "content": object{"application/json": content, "application/x-www-form-urlencoded": content}}
	}
	return op
}

// parameters are the fields of an operation in its path and query, and the
// schema of those in its body.
func (d describer) parameters(rt route) ([]object, object) {
	parameters := d.headers(rt)
	properties, needed := object{}, []string{}
	for _, f := range fieldsOf(rt.in) {
		key := rt.address() + " request " + f.name
		inPath := strings.Contains(rt.path, "{"+f.name+"}")
		if inPath || !rt.body {
			where, name := "query", f.name
			if inPath {
				where = "path"
			}
			if f.typ.Kind() == reflect.Slice {
				name += "[]"
			}
			parameters = append(parameters, object{"name": name, "in": where, "required": inPath, "description": d.note(key), "schema": d.request(key, f.typ)})
			continue
		}
		properties[f.name] = described(d.request(key, f.typ), d.note(key))
		if d.ref.byKey[key].required == "yes" {
			needed = append(needed, f.name)
		}
	}
	if len(properties) == 0 {
		return parameters, nil
	}
	return parameters, object{"type": "object", "required": needed, "properties": properties}
}

func (d describer) headers(rt route) []object {
	var out []object
	if !rt.public {
		out = append(out, object{"name": "Tier", "in": "header", "required": false, "schema": object{"type": "string", "pattern": tierCode.String()},
			"description": web.Pick(d.lang, "하위상점 코드. 그 하위상점의 데이터만 다룹니다", "Code of a sub-store: the request is about its data alone")})
	}
	if rt.writes() {
		out = append(out, object{"name": IdempotencyHeader, "in": "header", "required": false, "schema": object{"type": "string", "minLength": 1, "maxLength": maxIdempotencyKey, "pattern": "^[!-~]+$"},
			"description": web.Pick(d.lang, "같은 키로 다시 보내면 다시 하지 않고 처음의 결과를 답합니다. 30일 동안 기억합니다 (나루)", "Sent again with the same key, the call is not made again: the first one's result is answered. Remembered for 30 days (Naru)")})
	}
	if rt.tested() {
		out = append(out, object{"name": TestCodeHeader, "in": "header", "required": false, "schema": object{"type": "string"},
			"description": web.Pick(d.lang, "결제사의 테스트 코드. 운영 채널에서는 보내지 않습니다 (나루)", "The provider's own test code; never passed on in live mode (Naru)")})
	}
	return out
}

func ref(name string) object { return object{"$ref": "#/components/schemas/" + name} }

func jsonContent(schema object) object { return object{"application/json": object{"schema": schema}} }

func envelopeOf(schema object) object {
	return object{"type": "object", "required": []string{"code", "message", "response"}, "properties": object{
		"code": object{"const": 0}, "message": object{"type": "null"}, "response": schema,
	}}
}

func described(schema object, note string) object {
	if note != "" {
		schema["description"] = note
	}
	return schema
}

// schemaOf is the schema of a value we write.
func schemaOf(t reflect.Type) object {
	switch t.Kind() {
	case reflect.Pointer:
		s := schemaOf(t.Elem())
		if s["$ref"] != nil {
			return object{"anyOf": []object{s, {"type": "null"}}}
		}
		s["type"] = []string{s["type"].(string), "null"}
		return s
	case reflect.Slice:
		return object{"type": "array", "items": schemaOf(t.Elem())}
	case reflect.Struct:
		return ref(t.Name())
	case reflect.Bool:
		return object{"type": "boolean"}
	case reflect.Int, reflect.Int64:
		return object{"type": "integer"}
	}
	return object{"type": "string"}
}

// request is the schema of a value we read: the form that is documented, not
// all that is tolerated. Key is the row of the value.
func (d describer) request(key string, t reflect.Type) object {
	if t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	switch t {
	case reflect.TypeFor[rest.Amount](), reflect.TypeFor[rest.Part](), reflect.TypeFor[rest.Total]():
		return object{"type": "integer", "minimum": 0, "maximum": rest.MaxAmount}
	case reflect.TypeFor[rest.Text]():
		return object{"type": []string{"string", "object"}}
	case reflect.TypeFor[pay.Secret]():
		return object{"type": "string", "format": "password"}
	}
	if t.Kind() != reflect.Slice || t.Elem().Kind() != reflect.Struct {
		return schemaOf(t)
	}
	properties, needed := object{}, []string{}
	for _, f := range fieldsOf(t.Elem()) {
		inner := key + "[]." + f.name
		properties[f.name] = described(d.request(inner, f.typ), d.note(inner))
		if d.ref.byKey[inner].required == "yes" {
			needed = append(needed, f.name)
		}
	}
	return object{"type": "array", "items": object{"type": "object", "required": needed, "properties": properties}}
}

package sdk

import "naru/internal/gateway"

// hints are notes as the script shows them on the page's console: Korean by the
// kind of note, and the English text.
func hints(notes []gateway.Note) []string {
	out := make([]string, 0, len(notes))
	for _, n := range notes {
		out = append(out, n.Parameter+": "+korean(n.Kind)+" ("+string(n.Kind)+": "+n.Text+")")
	}
	return out
}

func korean(kind gateway.NoteKind) string {
	switch kind {
	case gateway.NoteUnknown:
		return "알 수 없는 파라미터이므로 무시합니다."
	case gateway.NoteDeprecated:
		return "값은 그대로 쓰지만, 더 새로운 이름을 권장합니다."
	case gateway.NoteUnused:
		return "이 결제에는 쓰이지 않는 값이므로 무시합니다."
	case gateway.NoteAdapted:
		return "그대로 전달할 수 없어 가장 가까운 값으로 바꾸어 전달합니다."
	}
	return "그대로 전달하지 않습니다."
}

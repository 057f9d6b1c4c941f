package tosspay

// keyStatusSpec is the request of "빌링키 상태 조회". It goes by user.
var keyStatusSpec = spec{
	{name: "apiKey", need: true},
	{name: "userId", need: true, max: 50, form: userForm},
	{name: "displayId", max: 50, form: userForm},
}

// removeKeySpec is the request of "빌링키 삭제".
var removeKeySpec = spec{
	{name: "apiKey", need: true},
	{name: "billingKey", need: true, max: 50},
}

// keyFields tell what a billing key charges, in the status and in callbacks.
type keyFields struct {
	UserID     string    `json:"userId"`
	DisplayID  string    `json:"displayId,omitempty"`
	BillingKey string    `json:"billingKey"`
	Status     KeyStatus `json:"status,omitempty"`
	PayMethod  string    `json:"payMethod,omitempty"`
	*keyCard
	*accountFields
}

func (k *billingKey) fields() keyFields {
	f := keyFields{UserID: k.userID, DisplayID: k.displayID, BillingKey: k.key}
	if m := k.means; m != nil {
		f.PayMethod, f.keyCard, f.accountFields = m.payMethod(), m.keyCard(), m.accountFields()
	}
	return f
}

// keyStatusAnswer is the answer of "빌링키 상태 조회".
type keyStatusAnswer struct {
	Code int `json:"code"`
	keyFields
}

// keyStatus tells of the latest key of a user. A key that was made with a
// displayId is found with the same displayId only.
func (s *Simulator) keyStatus(c *apiCall) (any, *failure) {
	list := s.slots[slotKey(c.shop, c.v.texts["userId"], c.v.texts["displayId"])]
	if len(list) == 0 {
		return nil, refuse("COMMON_BILLING_KEY_NOT_FOUND")
	}
	k := list[len(list)-1]
	s.refreshKey(k, c.now)
	a := keyStatusAnswer{keyFields: k.fields()}
	a.Status = k.status
	return a, nil
}

// removeKey ends a usable key at the merchant's wish. No callback follows.
func (s *Simulator) removeKey(c *apiCall) (any, *failure) {
	if c.shop.KeepKeys {
		return nil, refuse("BILLING_KEY_REMOVE_NOT_ALLOWED_SHOP")
	}
	k, f := s.activeKey(c)
	if f != nil {
		return nil, f
	}
	k.to(KeyRemove)
	return struct {
		Code int `json:"code"`
	}{}, nil
}

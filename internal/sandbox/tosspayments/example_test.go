package tosspayments_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"

	"naru/internal/sandbox/control"
	"naru/internal/sandbox/tosspayments"
)

// The provider's face and the control port live on one listener, each under
// its own prefix.
func ExampleNew() {
	mux := http.NewServeMux()
	srv := httptest.NewServer(mux)
	defer srv.Close()
	sim, err := tosspayments.New(tosspayments.Options{
		BaseURL: srv.URL + "/tosspayments",
		Shops: []tosspayments.Shop{{
			MID: "tnaru01", Name: "나루 상점",
			ClientKey: "sandbox_ck_0000000000000000000000000000",
			SecretKey: "sandbox_sk_0000000000000000000000000000",
		}},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer sim.Close()
	mux.Handle("/tosspayments/", http.StripPrefix("/tosspayments", sim))
	mux.Handle("/control/", control.New(map[string]control.Simulator{"tosspayments": sim}))

	req, _ := http.NewRequest(http.MethodGet, srv.URL+"/tosspayments/v1/payments/unknown", nil)
	req.SetBasicAuth("sandbox_sk_0000000000000000000000000000", "")
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer resp.Body.Close()
	fmt.Println(resp.Status)
	// Output: 404 Not Found
}

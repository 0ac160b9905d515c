package strict_test

import (
	"errors"
	"fmt"
	"reflect"
	"strings"
	"testing"

	"github.com/fairway-tre/fairway/contracts/reason"
	"github.com/fairway-tre/fairway/contracts/strict"
)

func TestCheckRefuses(t *testing.T) {
	for _, c := range []struct{ name, data, code, where string }{
		{"nothing", ``, reason.Malformed, ""},
		{"spaces only", `  `, reason.Malformed, ""},
		{"truncated", `{"a":[1,`, reason.Malformed, "/a"},
		{"a comment", `{} // x`, reason.Malformed, ""},
		{"two documents", `{} {}`, reason.Malformed, ""},
		{"a byte after the end", `{"a":1}x`, reason.Malformed, ""},
		{"a comma too many", `[1,]`, reason.Malformed, ""},
		{"leading zero", `{"a":01}`, reason.Malformed, ""},
		{"NaN", `{"a":NaN}`, reason.Malformed, "/a"},
		{"byte order mark", "\xef\xbb\xbf{}", reason.Malformed, ""},
		{"a member twice", `{"a":1,"a":2}`, reason.DuplicateMember, "/a"},
		{"a member twice by escape", `{"a":1,"\u0061":2}`, reason.DuplicateMember, "/a"},
		{"a member twice, deep", `{"b":[0,{"a":1,"a":2}]}`, reason.DuplicateMember, "/b/1/a"},
		{"a member in two cases", `{"decision":"reject","DECISION":"approve"}`, reason.UnknownMember, "/DECISION"},
		{"a member with a long s", `{"decision":"reject","deciſion":"approve"}`, reason.UnknownMember, "/deciſion"},
		{"a member with a Kelvin sign", `{"key":1,"Kelvin":1,"kelvin":2}`, reason.UnknownMember, "/kelvin"},
		{"invalid UTF-8", "{\"a\":\"\xff\"}", reason.Encoding, "/a"},
		{"a lone surrogate", `{"a":"\ud800"}`, reason.Encoding, "/a"},
		{"too deep", strings.Repeat("[", 17) + strings.Repeat("]", 17), reason.TooDeep, strings.Repeat("/0", 16)},
		{"far too deep", strings.Repeat("[", 32000) + strings.Repeat("]", 32000), reason.TooDeep, strings.Repeat("/0", 16)},
		{"too large", `"` + strings.Repeat("a", strict.MaxSize-1) + `"`, reason.TooLarge, ""},
		{"too many members", manyMembers(strict.MaxMembers + 1), reason.TooLarge, "/m1024"},
		{"1e400", `{"a":1e400}`, reason.Number, "/a"},
		{"-1e400", `{"a":-1e400}`, reason.Number, "/a"},
		{"minus zero", `{"a":-0}`, reason.Number, "/a"},
		{"minus zero as a fraction", `{"a":-0.0}`, reason.Number, "/a"},
		{"2^53", `{"a":9007199254740992}`, reason.Number, "/a"},
		{"-2^53", `{"a":-9007199254740992}`, reason.Number, "/a"},
		{"2^64", `[1,18446744073709551616]`, reason.Number, "/1"},
	} {
		t.Run(c.name, func(t *testing.T) {
			var refused *reason.Error
			if err := strict.Check([]byte(c.data)); !errors.As(err, &refused) || refused.Code != c.code || refused.Where != c.where {
				t.Errorf("%v, want %s at %q", err, c.code, c.where)
			}
		})
	}
}

func manyMembers(n int) string {
	members := make([]string, n)
	for i := range members {
		members[i] = fmt.Sprintf(`"m%d":0`, i)
	}
	return "{" + strings.Join(members, ",") + "}"
}

func TestCheckAcceptsTheLimits(t *testing.T) {
	for name, data := range map[string]string{
		"1024 members":     manyMembers(strict.MaxMembers),
		"16 deep":          strings.Repeat("[", 16) + strings.Repeat("]", 16),
		"64 KiB":           `"` + strings.Repeat("a", strict.MaxSize-2) + `"`,
		"2^53-1":           `9007199254740991`,
		"-(2^53-1)":        `-9007199254740991`,
		"a fraction":       `0.1`,
		"an exponent":      `1e300`,
		"a surrogate pair": `"\ud83d\ude00"`,
		"null":             `null`,
		"spaces":           " { } \n",
	} {
		if err := strict.Check([]byte(data)); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestValueTellsIntegersFromFractions(t *testing.T) {
	got, err := strict.Value([]byte(`{"a":[1,1.0,"x",true,null]}`))
	want := map[string]any{"a": []any{int64(1), 1.0, "x", true, nil}}
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("%#v, %v; want %#v", got, err, want)
	}
}

func TestDecodeIsClosedAndDecodeOpenIsNot(t *testing.T) {
	type small struct {
		A int64 `json:"a"`
	}
	var v small
	var refused *reason.Error
	if err := strict.Decode([]byte(`{"a":1,"b":2}`), &v); !errors.As(err, &refused) || refused.Code != reason.UnknownMember || refused.Where != "/b" {
		t.Errorf("%v, want unknown-member at /b", err)
	}
	if err := strict.DecodeOpen([]byte(`{"a":1,"b":2}`), &v); err != nil || v.A != 1 {
		t.Errorf("%v, %+v", err, v)
	}
	if err := strict.Decode([]byte(`{"a":"one"}`), &v); !errors.As(err, &refused) || refused.Code != reason.Schema || refused.Where != "/a" {
		t.Errorf("%v, want schema at /a", err)
	}
	// An exact name is asked for: another spelling alone is an unknown member, not the value.
	if err := strict.Decode([]byte(`{"A":1}`), &v); !errors.As(err, &refused) || refused.Code != reason.UnknownMember {
		t.Errorf("%v, want unknown-member", err)
	}
}

func FuzzStrictNeverPanicsAndAgreesWithItself(f *testing.F) {
	for _, seed := range []string{`{"a":1,"A":2}`, `{"a":[1,{"b":-0.5}]}`, `"\ud800"`, `[[[[1e400]]]]`, "{\"\xff\":1}", `{"a":1}x`, `{"deciſion":1}`} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		v, err := strict.Value(data)
		if checked := strict.Check(data); (checked == nil) != (err == nil) {
			t.Fatalf("Check says %v, Value says %v", checked, err)
		}
		if err != nil {
			var refused *reason.Error
			if !errors.As(err, &refused) {
				t.Fatalf("%T is not a *reason.Error", err)
			}
			return
		}
		var decoded any
		if err := strict.Decode(data, &decoded); err != nil {
			t.Fatalf("accepted as %v, but not decoded: %v", v, err)
		}
	})
}

func BenchmarkCheck(b *testing.B) {
	data := []byte(`{"releaseId":"01JD3Z5Q8V0N6W2T4K7M9R4D0H","outcome":"pass","findings":[{"rule":"minimum-frequency","where":"step 14"}],"threshold":5}`)
	b.ReportAllocs()
	for b.Loop() {
		if err := strict.Check(data); err != nil {
			b.Fatal(err)
		}
	}
}

package standalone

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha1"
	"crypto/subtle"
	"encoding/base32"
	"encoding/binary"
	"fmt"
	"strings"
	"time"
)

// period is the time step of RFC 6238, in seconds.
const period = 30

var base32NoPadding = base32.StdEncoding.WithPadding(base32.NoPadding)

// Code computes the six-digit code of a base32 secret at a time: RFC 6238 with SHA-1 and steps of 30 s,
// which is what authenticator apps do.
func Code(secret string, at time.Time) (string, error) {
	return codeOfStep(secret, at.Unix()/period)
}

func codeOfStep(secret string, step int64) (string, error) {
	key, err := base32NoPadding.DecodeString(strings.ToUpper(strings.TrimRight(secret, "=")))
	if err != nil {
		return "", fmt.Errorf("time-based code: the secret is not base32: %w", err)
	}
	mac := hmac.New(sha1.New, key)
	mac.Write(binary.BigEndian.AppendUint64(nil, uint64(step)))
	sum := mac.Sum(nil)
	// RFC 4226 5.3: the low 4 bits of the last byte say where the 31 bits of the code begin.
	offset := sum[len(sum)-1] & 0xf
	number := binary.BigEndian.Uint32(sum[offset:]) & 0x7fffffff
	return fmt.Sprintf("%06d", number%1_000_000), nil
}

// stepOf returns the time step that code belongs to, among the present one and its neighbours; ok is false for none.
// Steps up to used are out:
// RFC 6238 5.2: "The verifier MUST NOT accept the second attempt of the OTP after the successful validation has been issued for the first OTP".
func stepOf(secret, code string, now time.Time, used int64) (step int64, ok bool) {
	present := now.Unix() / period
	for s := present - 1; s <= present+1; s++ {
		want, err := codeOfStep(secret, s)
		if err == nil && s > used && subtle.ConstantTimeCompare([]byte(want), []byte(code)) == 1 {
			step, ok = s, true
		}
	}
	return step, ok
}

func newSecret() string {
	key := make([]byte, 20)
	rand.Read(key)
	return base32NoPadding.EncodeToString(key)
}

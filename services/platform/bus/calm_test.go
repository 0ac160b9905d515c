package bus

import (
	"testing"
	"time"
)

func TestCalmConnectionsKeepWhatTheirSubscriberSaysOtherwise(t *testing.T) {
	sub, err := SubscriberConfig{MaxWait: time.Second}.calmed(time.Hour).check()
	if err != nil {
		t.Fatal(err)
	}
	if sub.HeartbeatInterval != time.Hour || sub.SessionTimeout != 3*time.Hour || sub.WatchInterval != time.Hour || sub.MaxWait != time.Second {
		t.Errorf("calm intervals %+v", sub)
	}
	usual, err := SubscriberConfig{}.calmed(0).check()
	if err != nil || usual.HeartbeatInterval != time.Second || usual.SessionTimeout != 3*time.Second {
		t.Errorf("usual intervals %+v (%v)", usual, err)
	}
}

package broker_test

import (
	"bufio"
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/fairway-tre/fairway/contracts/envelope"
	"github.com/fairway-tre/fairway/services/platform/broker"
	"github.com/fairway-tre/fairway/services/platform/bus"
)

const serveArgument = "serve-broker"

// TestMain serves a broker when the test binary runs again as one, to be killed.
func TestMain(m *testing.M) {
	if len(os.Args) == 4 && os.Args[1] == serveArgument {
		n, err := strconv.Atoi(os.Args[3])
		if err != nil {
			panic(err)
		}
		b, err := broker.Start(broker.Config{Dir: os.Args[2], Port: n, Topics: []broker.Topic{{Name: "t", Partitions: 3}}})
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		fmt.Println(b.Addr())
		select {}
	}
	os.Exit(m.Run())
}

func serve(t *testing.T, dir string, port int) (*exec.Cmd, string) {
	t.Helper()
	cmd := exec.Command(os.Args[0], serveArgument, dir, strconv.Itoa(port))
	cmd.Stderr = os.Stderr
	out := must(cmd.StdoutPipe())
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { cmd.Process.Kill() })
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		t.Fatalf("broker process: %v", err)
	}
	return cmd, strings.TrimSpace(line)
}

func TestKillLosesNothingAcknowledged(t *testing.T) {
	const kills, perRound = 3, 300
	dir := t.TempDir()
	cmd, addr := serve(t, dir, 0)
	_, portText, err := net.SplitHostPort(addr)
	if err != nil {
		t.Fatal(err)
	}
	port := must(strconv.Atoi(portText))
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	p := must(bus.NewPublisher(bus.Config{Brokers: []string{addr}, Timeout: 30 * time.Second}))
	defer p.Close()
	acked := make(chan string)
	go func() {
		defer close(acked)
		for i := 0; ctx.Err() == nil; i++ {
			id := strconv.Itoa(i)
			if p.PublishRecords(ctx, envelope.Record{Topic: "t", Key: []byte(id), Value: []byte(id)}) == nil {
				acked <- id
			}
		}
	}()
	missing := map[string]bool{}
	for range kills {
		for range perRound {
			missing[<-acked] = true
		}
		cmd.Process.Kill() // in the middle of the publisher's next record
		cmd.Wait()
		cmd, _ = serve(t, dir, port)
	}
	missing[<-acked] = true // the publisher goes on by itself
	cancel()
	for id := range acked {
		missing[id] = true
	}
	sub := must(bus.NewSubscriber(bus.Config{Brokers: []string{addr}}, bus.SubscriberConfig{}))
	defer sub.Close()
	readCtx, done := context.WithTimeout(t.Context(), 30*time.Second)
	defer done()
	sent := len(missing)
	for m := range must(sub.Subscribe(readCtx, "t")) {
		delete(missing, string(m.Payload))
		m.Ack()
		if len(missing) == 0 {
			return
		}
	}
	t.Errorf("%d of %d acknowledged records are gone", len(missing), sent)
}

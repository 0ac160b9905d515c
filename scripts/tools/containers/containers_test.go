package containers

import (
	"bytes"
	"cmp"
	"context"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/moby/moby/api/types/container"
	"github.com/moby/moby/api/types/network"
	"github.com/testcontainers/testcontainers-go"
	"github.com/testcontainers/testcontainers-go/modules/kafka"
	"github.com/testcontainers/testcontainers-go/modules/postgres"
)

// The images, upstream's by default; scripts/images.sh builds local ones where no registry is to be had.
const (
	kafkaImage    = "FAIRWAY_KAFKA_IMAGE"
	postgresImage = "FAIRWAY_POSTGRES_IMAGE"
)

func image(variable, upstream string) string { return cmp.Or(os.Getenv(variable), upstream) }

// engine skips the test where there is no engine, and where FAIRWAY_CONTAINERS is "must" fails it.
func engine(t *testing.T) context.Context {
	t.Helper()
	provider, err := testcontainers.NewDockerProvider()
	if err == nil {
		defer provider.Close()
		err = provider.Health(t.Context())
	}
	switch {
	case err == nil:
	case os.Getenv("FAIRWAY_CONTAINERS") == "must":
		t.Fatalf("no engine of containers answers: %v", err)
	default:
		t.Skipf("no engine of containers answers: start Docker, or run make containers: %v", err)
	}
	return t.Context()
}

// onLoopback publishes ports of the container each on a free port of 127.0.0.1, and on no other interface.
func onLoopback(ports ...string) testcontainers.CustomizeRequestOption {
	return testcontainers.WithHostConfigModifier(func(h *container.HostConfig) {
		h.PortBindings = network.PortMap{}
		for _, port := range ports {
			h.PortBindings[network.MustParsePort(port)] = []network.PortBinding{{HostIP: netip.AddrFrom4([4]byte{127, 0, 0, 1}), HostPort: "0"}}
		}
	})
}

// suite runs tests of the workspace against what the variables name, as another process: the module is not in it.
func suite(t *testing.T, variables []string, packages ...string) (said []byte) {
	t.Helper()
	root, err := filepath.Abs(filepath.Join("..", "..", ".."))
	if err != nil {
		t.Fatal(err)
	}
	c := exec.CommandContext(t.Context(), "go", append([]string{"test", "-count=1", "-short", "-timeout", "15m"}, packages...)...)
	c.Dir, c.Env = root, append(os.Environ(), append(variables, "GOWORK=")...)
	out, err := c.CombinedOutput()
	t.Logf("%s", out)
	if err != nil {
		t.Fatalf("the suite failed: %v", err)
	}
	return out
}

// whole is a suite that may leave out nothing.
func whole(t *testing.T, variables []string, of string) {
	t.Helper()
	if bytes.Contains(suite(t, variables, "-v", of), []byte("--- SKIP")) {
		t.Fatal("the suite left something out")
	}
}

func TestTheBusOnApacheKafka(t *testing.T) {
	ctx := engine(t)
	c, err := kafka.Run(ctx, image(kafkaImage, "confluentinc/confluent-local:7.9.0"), kafka.WithClusterID("fairway-cluster-id-001"), onLoopback("9093/tcp"),
		testcontainers.WithEnv(map[string]string{"KAFKA_GROUP_MIN_SESSION_TIMEOUT_MS": "1000", "KAFKA_GROUP_INITIAL_REBALANCE_DELAY_MS": "0"}))
	testcontainers.CleanupContainer(t, c)
	if err != nil {
		t.Fatalf("start Kafka: %v", err)
	}
	brokers, err := c.Brokers(ctx)
	if err != nil {
		t.Fatal(err)
	}
	suite(t, []string{"FAIRWAY_KAFKA=" + brokers[0]}, "./services/platform/bus")
}

func TestTheStoreOnPostgreSQL(t *testing.T) {
	ctx := engine(t)
	c, err := postgres.Run(ctx, image(postgresImage, "postgres:15"), postgres.WithDatabase("fairway"), postgres.WithUsername("fairway"),
		postgres.WithPassword("only-for-this-test"), postgres.BasicWaitStrategies(), onLoopback("5432/tcp"))
	testcontainers.CleanupContainer(t, c)
	if err != nil {
		t.Fatalf("start PostgreSQL: %v", err)
	}
	dsn, err := c.ConnectionString(ctx, "sslmode=disable")
	if err != nil {
		t.Fatal(err)
	}
	suite(t, []string{"FAIRWAY_POSTGRES=" + dsn}, "./services/platform/store", "./services/platform/setup")
}

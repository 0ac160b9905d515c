package containers

import (
	"bytes"
	"context"
	"io"
	"net"
	"path/filepath"
	"testing"
	"time"

	"github.com/moby/moby/api/types/container"
	"github.com/testcontainers/testcontainers-go"
	"github.com/testcontainers/testcontainers-go/modules/postgres"
	"github.com/testcontainers/testcontainers-go/network"
	"github.com/testcontainers/testcontainers-go/wait"
)

const (
	kratosImage = "FAIRWAY_KRATOS_IMAGE"
	ketoImage   = "FAIRWAY_KETO_IMAGE"

	only     = "only-for-this-test" // every password here
	settings = "/etc/config"
)

func TestSignInOnKratos(t *testing.T) {
	ctx := engine(t)
	o := ory{image: image(kratosImage, "docker.io/oryd/kratos:v1.3.1"), files: []string{"kratos.yml", "person.schema.json"},
		environment: map[string]string{"SERVE_PUBLIC_HOST": "0.0.0.0", "SERVE_ADMIN_HOST": "0.0.0.0",
			"SECRETS_COOKIE": only, "SECRETS_CIPHER": "only-for-this-test-of-32-letters"}}
	o.migrate(t, ctx, "kratos", "migrate", "sql", "-e", "--yes")
	address := o.serve(t, ctx, "4434/tcp", "4433/tcp")
	whole(t, []string{"KRATOS_ADMIN=http://" + address["4434/tcp"], "KRATOS_PUBLIC=http://" + address["4433/tcp"]}, "./services/identity/internal/signin")
}

func TestRelationsOnKeto(t *testing.T) {
	ctx := engine(t)
	o := ory{image: image(ketoImage, "docker.io/oryd/keto:v0.14.0"), files: []string{"keto.yml", "namespaces.keto.ts"},
		environment: map[string]string{"SERVE_READ_HOST": "0.0.0.0", "SERVE_WRITE_HOST": "0.0.0.0"}}
	o.migrate(t, ctx, "keto", "migrate", "up", "-y")
	address := o.serve(t, ctx, "4467/tcp", "4466/tcp")
	whole(t, []string{"KETO_WRITE=" + address["4467/tcp"], "KETO_READ=" + address["4466/tcp"]}, "./services/identity/internal/relations")
}

// ory is a server with the settings of compose/ory and a PostgreSQL of its own, in a network of the two.
type ory struct {
	image, name string
	files       []string // the first is its configuration
	environment map[string]string
	net         *testcontainers.DockerNetwork
}

// migrate starts the database and lets the server's program make its tables there.
func (o *ory) migrate(t *testing.T, ctx context.Context, name string, command ...string) {
	t.Helper()
	var err error
	if o.net, err = network.New(ctx); err != nil {
		t.Fatalf("make a network: %v", err)
	}
	testcontainers.CleanupNetwork(t, o.net)
	db, err := postgres.Run(ctx, image(postgresImage, "postgres:15"), postgres.WithDatabase(name), postgres.WithUsername("fairway"),
		postgres.WithPassword(only), postgres.BasicWaitStrategies(), onLoopback("5432/tcp"), network.WithNetwork([]string{"database"}, o.net))
	testcontainers.CleanupContainer(t, db)
	if err != nil {
		t.Fatalf("start PostgreSQL: %v", err)
	}
	o.name = name
	o.environment["SQA_OPT_OUT"], o.environment["DSN"] = "true", "postgres://fairway:"+only+"@database:5432/"+name+"?sslmode=disable"
	c := o.run(t, ctx, command, testcontainers.WithWaitStrategy(wait.ForExit().WithExitTimeout(2*time.Minute)))
	if state, err := c.State(ctx); err != nil || state.ExitCode != 0 {
		t.Fatalf("%s made no tables (%v): %s", name, err, said(ctx, c))
	}
}

// serve starts the server, waits until it says at the first of the ports that it is ready, and tells where on this machine
// each is to be found.
func (o *ory) serve(t *testing.T, ctx context.Context, ports ...string) map[string]string {
	t.Helper()
	c := o.run(t, ctx, []string{"serve", "--sqa-opt-out"}, onLoopback(ports...), testcontainers.WithExposedPorts(ports...),
		testcontainers.WithWaitStrategy(wait.ForHTTP("/health/ready").WithPort(ports[0]).WithStartupTimeout(2*time.Minute)))
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("%s: %s", o.name, said(context.WithoutCancel(ctx), c))
		}
	})
	found := map[string]string{}
	for _, port := range ports {
		published, err := c.MappedPort(ctx, port)
		if err != nil {
			t.Fatal(err)
		}
		found[port] = net.JoinHostPort("127.0.0.1", published.Port())
	}
	return found
}

func (o *ory) run(t *testing.T, ctx context.Context, command []string, more ...testcontainers.ContainerCustomizer) testcontainers.Container {
	t.Helper()
	var files []testcontainers.ContainerFile
	for _, file := range o.files {
		from, err := filepath.Abs(filepath.Join("..", "..", "..", "compose", "ory", file))
		if err != nil {
			t.Fatal(err)
		}
		files = append(files, testcontainers.ContainerFile{HostFilePath: from, ContainerFilePath: settings + "/" + file, FileMode: 0o644})
	}
	c, err := testcontainers.Run(ctx, o.image, append([]testcontainers.ContainerCustomizer{
		testcontainers.WithCmd(append(command, "-c", o.files[0])...), testcontainers.WithEnv(o.environment), testcontainers.WithFiles(files...),
		// where the files name each other from
		testcontainers.WithConfigModifier(func(c *container.Config) { c.WorkingDir = settings }),
		network.WithNetwork(nil, o.net),
	}, more...)...)
	testcontainers.CleanupContainer(t, c)
	if err != nil {
		t.Fatalf("start %s: %v: %s", o.name, err, said(ctx, c))
	}
	return c
}

// said is the end of what a container has written.
func said(ctx context.Context, c testcontainers.Container) []byte {
	if c == nil {
		return nil
	}
	log, err := c.Logs(ctx)
	if err != nil {
		return nil
	}
	defer log.Close()
	all, _ := io.ReadAll(log)
	return bytes.TrimSpace(all[max(0, len(all)-4000):])
}

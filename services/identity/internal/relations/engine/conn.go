package engine

import (
	"context"

	rts "github.com/ory/keto/proto/ory/keto/relation_tuples/v1alpha2"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"
)

// Conn lets Keto's generated clients call the engine without a listener. It is the grpc.ClientConnInterface of one engine.
type Conn struct{ calls map[string]call }

type call func(ctx context.Context, in, out proto.Message) error

// Conn connects a client to the engine.
func (e *Engine) Conn() *Conn {
	c := &Conn{calls: map[string]call{}}
	rts.RegisterCheckServiceServer(c, e)
	rts.RegisterReadServiceServer(c, e)
	rts.RegisterWriteServiceServer(c, e)
	return c
}

// RegisterService implements grpc.ServiceRegistrar. Messages are copied both ways, so neither side shares memory.
func (c *Conn) RegisterService(d *grpc.ServiceDesc, server any) {
	for _, m := range d.Methods {
		c.calls["/"+d.ServiceName+"/"+m.MethodName] = func(ctx context.Context, in, out proto.Message) error {
			decode := func(to any) error {
				proto.Merge(to.(proto.Message), in)
				return nil
			}
			answer, err := m.Handler(server, ctx, decode, nil)
			if err != nil {
				return err
			}
			proto.Merge(out, answer.(proto.Message))
			return nil
		}
	}
}

// Invoke implements grpc.ClientConnInterface.
func (c *Conn) Invoke(ctx context.Context, method string, in, out any, _ ...grpc.CallOption) error {
	if err := ctx.Err(); err != nil {
		return status.FromContextError(err).Err()
	}
	f, ok := c.calls[method]
	if !ok {
		return status.Errorf(codes.Unimplemented, "the engine in the process does not serve %s", method)
	}
	return f(ctx, in.(proto.Message), out.(proto.Message))
}

// NewStream implements grpc.ClientConnInterface; the services that the engine serves have no streams.
func (c *Conn) NewStream(_ context.Context, _ *grpc.StreamDesc, method string, _ ...grpc.CallOption) (grpc.ClientStream, error) {
	return nil, status.Errorf(codes.Unimplemented, "the engine in the process does not serve %s", method)
}

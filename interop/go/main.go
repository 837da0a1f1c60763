// Runs dtm's own Go SDK, unchanged, against a Lockstep coordinator: each line of the output is one scenario.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"strings"
	"sync"
	"time"

	"github.com/dtm-labs/client/dtmcli"
	"github.com/dtm-labs/client/dtmcli/logger"
	"github.com/dtm-labs/client/dtmgrpc"
	"github.com/dtm-labs/client/workflow"
	"github.com/go-resty/resty/v2"
	"google.golang.org/grpc"
	"google.golang.org/protobuf/types/known/emptypb"
)

// world is the participants' side: it counts what it is asked to do, and answers as the scenario says.
type world struct {
	mutex   sync.Mutex
	calls   []string
	answers map[string][]int
}

func (w *world) reset(answers map[string][]int) {
	w.mutex.Lock()
	defer w.mutex.Unlock()
	w.calls = nil
	w.answers = answers
}

func (w *world) heard() string {
	w.mutex.Lock()
	defer w.mutex.Unlock()
	return strings.Join(w.calls, " ")
}

// take notes a call and answers its status.
func (w *world) take(name string) int {
	w.mutex.Lock()
	defer w.mutex.Unlock()
	w.calls = append(w.calls, name)
	next := w.answers[name]
	if len(next) == 0 {
		return 200
	}
	w.answers[name] = next[1:]
	return next[0]
}

func (w *world) serveHTTP(response http.ResponseWriter, request *http.Request) {
	body, _ := io.ReadAll(request.Body)
	name := strings.TrimPrefix(request.URL.Path, "/")
	if name == "workflow" {
		response.WriteHeader(statusOf(workflow.ExecuteByQS(request.URL.Query(), body)))
		return
	}
	status := w.take(name)
	response.Header().Set("content-type", "application/json")
	response.WriteHeader(status)
	_, _ = fmt.Fprintf(response, `{"name":%q}`, name)
}

func statusOf(err error) int {
	switch {
	case err == nil:
		return 200
	case errors.Is(err, dtmcli.ErrFailure):
		return 409
	case errors.Is(err, dtmcli.ErrOngoing):
		return 425
	default:
		return 500
	}
}

// serveGRPC is a service whose methods all take and answer Empty.
func (w *world) serveGRPC(server *grpc.Server) {
	var methods []grpc.MethodDesc
	for _, name := range []string{"Try", "Confirm", "Cancel", "Action", "Compensate", "Query"} {
		method := name
		methods = append(methods, grpc.MethodDesc{
			MethodName: method,
			Handler: func(_ interface{}, _ context.Context, decode func(interface{}) error, _ grpc.UnaryServerInterceptor) (interface{}, error) {
				if err := decode(&emptypb.Empty{}); err != nil {
					return nil, err
				}
				if status := w.take(strings.ToLower(method)); status != 200 {
					return nil, dtmgrpc.DtmError2GrpcError(errorOf(status))
				}
				return &emptypb.Empty{}, nil
			},
		})
	}
	server.RegisterService(&grpc.ServiceDesc{ServiceName: "busi.Busi", HandlerType: (*interface{})(nil), Methods: methods}, w)
}

func errorOf(status int) error {
	switch status {
	case 409:
		return dtmcli.ErrFailure
	case 425:
		return dtmcli.ErrOngoing
	default:
		return fmt.Errorf("status %d", status)
	}
}

type scenario struct {
	name string
	run  func() error
}

var failed = false

func check(name string, err error) {
	if err != nil {
		failed = true
		fmt.Printf("not ok %s: %v\n", name, err)
		return
	}
	fmt.Printf("ok %s\n", name)
}

func want(what, found, wanted string) error {
	if found == wanted {
		return nil
	}
	return fmt.Errorf("%s: %q, and not %q", what, found, wanted)
}

func main() {
	dtmHTTP := flag.String("http", "http://127.0.0.1:36789/api/dtmsvr", "the coordinator's HTTP door")
	dtmGRPC := flag.String("grpc", "127.0.0.1:36790", "the coordinator's gRPC door")
	flag.Parse()
	logger.InitLog("fatal")

	w := &world{}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	fatal(err)
	go func() { _ = http.Serve(listener, http.HandlerFunc(w.serveHTTP)) }()
	busi := "http://" + listener.Addr().String()
	grpcListener, err := net.Listen("tcp", "127.0.0.1:0")
	fatal(err)
	server := grpc.NewServer()
	w.serveGRPC(server)
	busiGRPC := grpcListener.Addr().String() + "/busi.Busi/"
	workflow.InitGrpc(*dtmGRPC, grpcListener.Addr().String(), server)
	go func() { _ = server.Serve(grpcListener) }()

	status := func(gid string) string {
		response, err := http.Get(*dtmHTTP + "/query?gid=" + url.QueryEscape(gid))
		if err != nil {
			return err.Error()
		}
		defer response.Body.Close()
		var answer struct {
			Transaction struct {
				Status string `json:"status"`
			} `json:"transaction"`
		}
		if err := json.NewDecoder(response.Body).Decode(&answer); err != nil {
			return err.Error()
		}
		return answer.Transaction.Status
	}
	// until waits for the end that a scenario asks for; the coordinator may still be on its way.
	until := func(gid, wanted string) error {
		found := ""
		for i := 0; i < 300; i++ {
			if found = status(gid); found == wanted {
				return nil
			}
			time.Sleep(100 * time.Millisecond)
		}
		return want("status of "+gid, found, wanted)
	}
	body := map[string]int{"amount": 30}
	newGid := func() string { return dtmcli.MustGenGid(*dtmHTTP) }

	scenarios := []scenario{
		{"http saga succeeds", func() error {
			w.reset(nil)
			saga := dtmcli.NewSaga(*dtmHTTP, newGid()).
				Add(busi+"/out", busi+"/outRevert", body).Add(busi+"/in", busi+"/inRevert", body)
			saga.WaitResult = true
			if err := saga.Submit(); err != nil {
				return err
			}
			return errors.Join(want("calls", w.heard(), "out in"), until(saga.Gid, "succeed"))
		}},
		{"http saga is rolled back", func() error {
			w.reset(map[string][]int{"in": {409}})
			saga := dtmcli.NewSaga(*dtmHTTP, newGid()).
				Add(busi+"/out", busi+"/outRevert", body).Add(busi+"/in", busi+"/inRevert", body)
			saga.WaitResult = true
			if err := saga.Submit(); err == nil {
				return errors.New("the submit answered no error")
			}
			return errors.Join(until(saga.Gid, "failed"), want("calls", w.heard(), "out in inRevert outRevert"))
		}},
		{"http tcc is confirmed", func() error {
			w.reset(nil)
			gid := newGid()
			err := dtmcli.TccGlobalTransaction(*dtmHTTP, gid, func(tcc *dtmcli.Tcc) (*resty.Response, error) {
				if answer, err := tcc.CallBranch(body, busi+"/try1", busi+"/confirm1", busi+"/cancel1"); err != nil {
					return answer, err
				}
				return tcc.CallBranch(body, busi+"/try2", busi+"/confirm2", busi+"/cancel2")
			})
			if err != nil {
				return err
			}
			return errors.Join(until(gid, "succeed"), want("calls", w.heard(), "try1 try2 confirm2 confirm1"))
		}},
		{"http tcc is cancelled, and a cancel that is ONGOING is asked again", func() error {
			w.reset(map[string][]int{"try2": {409}, "cancel1": {425}})
			gid := newGid()
			err := dtmcli.TccGlobalTransaction(*dtmHTTP, gid, func(tcc *dtmcli.Tcc) (*resty.Response, error) {
				if answer, err := tcc.CallBranch(body, busi+"/try1", busi+"/confirm1", busi+"/cancel1"); err != nil {
					return answer, err
				}
				return tcc.CallBranch(body, busi+"/try2", busi+"/confirm2", busi+"/cancel2")
			})
			if !errors.Is(err, dtmcli.ErrFailure) {
				return fmt.Errorf("the transaction answered %v", err)
			}
			return errors.Join(until(gid, "failed"), want("calls", w.heard(), "try1 try2 cancel2 cancel1 cancel1"))
		}},
		{"http msg is sent after its local transaction", func() error {
			w.reset(nil)
			msg := dtmcli.NewMsg(*dtmHTTP, newGid()).Add(busi+"/in", body)
			if err := msg.DoAndSubmit(busi+"/query", func(*dtmcli.BranchBarrier) error { return nil }); err != nil {
				return err
			}
			return errors.Join(until(msg.Gid, "succeed"), want("calls", w.heard(), "in"))
		}},
		{"http msg is given up when its local transaction fails", func() error {
			w.reset(nil)
			msg := dtmcli.NewMsg(*dtmHTTP, newGid()).Add(busi+"/in", body)
			err := msg.DoAndSubmit(busi+"/query", func(*dtmcli.BranchBarrier) error { return dtmcli.ErrFailure })
			if !errors.Is(err, dtmcli.ErrFailure) {
				return fmt.Errorf("DoAndSubmit answered %v", err)
			}
			return errors.Join(until(msg.Gid, "failed"), want("calls", w.heard(), ""))
		}},
		{"http msg whose caller died is asked about, and sent", func() error {
			w.reset(nil)
			msg := dtmcli.NewMsg(*dtmHTTP, newGid()).Add(busi+"/in", body)
			msg.TimeoutToFail = 1
			if err := msg.Prepare(busi + "/query"); err != nil {
				return err
			}
			return errors.Join(until(msg.Gid, "succeed"), want("calls", w.heard(), "query in"))
		}},
		{"http workflow succeeds, and its second execution calls nothing", func() error {
			w.reset(nil)
			gid := newGid()
			workflow.InitHTTP(*dtmHTTP, busi+"/workflow")
			name := "http-" + gid
			fatal(workflow.Register(name, func(wf *workflow.Workflow, data []byte) error {
				if _, err := wf.NewBranch().OnRollback(func(*dtmcli.BranchBarrier) error {
					_, err := wf.NewRequest().Post(busi + "/outRevert")
					return err
				}).NewRequest().SetBody(data).Post(busi + "/out"); err != nil {
					return err
				}
				_, err := wf.NewBranch().NewRequest().SetBody(data).Post(busi + "/in")
				return err
			}))
			if err := workflow.Execute(name, gid, []byte(`{"amount":30}`)); err != nil {
				return err
			}
			if err := workflow.Execute(name, gid, []byte(`{"amount":30}`)); err != nil {
				return err
			}
			return errors.Join(until(gid, "succeed"), want("calls", w.heard(), "out in"))
		}},
		{"http workflow is rolled back", func() error {
			w.reset(map[string][]int{"in": {409}})
			gid := newGid()
			name := "back-" + gid
			fatal(workflow.Register(name, func(wf *workflow.Workflow, data []byte) error {
				if _, err := wf.NewBranch().OnRollback(func(*dtmcli.BranchBarrier) error {
					_, err := wf.NewRequest().SetBody(data).Post(busi + "/outRevert")
					return err
				}).NewRequest().SetBody(data).Post(busi + "/out"); err != nil {
					return err
				}
				_, err := wf.NewBranch().NewRequest().SetBody(data).Post(busi + "/in")
				return err
			}))
			if err := workflow.Execute(name, gid, []byte(`{}`)); !errors.Is(err, dtmcli.ErrFailure) {
				return fmt.Errorf("the workflow answered %v", err)
			}
			return errors.Join(until(gid, "failed"), want("calls", w.heard(), "out in outRevert"))
		}},
		{"http workflow that could not go on is called back, and repeats no step", func() error {
			w.reset(map[string][]int{"in": {500}})
			gid := newGid()
			name := "again-" + gid
			fatal(workflow.Register(name, func(wf *workflow.Workflow, data []byte) error {
				if _, err := wf.NewBranch().NewRequest().SetBody(data).Post(busi + "/out"); err != nil {
					return err
				}
				_, err := wf.NewBranch().NewRequest().SetBody(data).Post(busi + "/in")
				return err
			}, func(wf *workflow.Workflow) { wf.RetryInterval = 1 }))
			if err := workflow.Execute(name, gid, []byte(`{}`)); err == nil {
				return errors.New("the workflow answered no error")
			}
			return errors.Join(until(gid, "succeed"), want("calls", w.heard(), "out in in"))
		}},
		{"grpc saga succeeds", func() error {
			w.reset(nil)
			saga := dtmgrpc.NewSagaGrpc(*dtmGRPC, dtmgrpc.MustGenGid(*dtmGRPC)).
				Add(busiGRPC+"Action", busiGRPC+"Compensate", &emptypb.Empty{})
			saga.WaitResult = true
			if err := saga.Submit(); err != nil {
				return err
			}
			return errors.Join(until(saga.Gid, "succeed"), want("calls", w.heard(), "action"))
		}},
		{"grpc tcc is confirmed", func() error {
			w.reset(nil)
			gid := dtmgrpc.MustGenGid(*dtmGRPC)
			err := dtmgrpc.TccGlobalTransaction(*dtmGRPC, gid, func(tcc *dtmgrpc.TccGrpc) error {
				return tcc.CallBranch(&emptypb.Empty{}, busiGRPC+"Try", busiGRPC+"Confirm", busiGRPC+"Cancel", &emptypb.Empty{})
			})
			if err != nil {
				return err
			}
			return errors.Join(until(gid, "succeed"), want("calls", w.heard(), "try confirm"))
		}},
		{"grpc tcc is cancelled", func() error {
			w.reset(map[string][]int{"try": {409}})
			gid := dtmgrpc.MustGenGid(*dtmGRPC)
			err := dtmgrpc.TccGlobalTransaction(*dtmGRPC, gid, func(tcc *dtmgrpc.TccGrpc) error {
				return tcc.CallBranch(&emptypb.Empty{}, busiGRPC+"Try", busiGRPC+"Confirm", busiGRPC+"Cancel", &emptypb.Empty{})
			})
			if err == nil {
				return errors.New("the transaction answered no error")
			}
			return errors.Join(until(gid, "failed"), want("calls", w.heard(), "try cancel"))
		}},
		{"grpc msg is sent after its local transaction", func() error {
			w.reset(nil)
			msg := dtmgrpc.NewMsgGrpc(*dtmGRPC, dtmgrpc.MustGenGid(*dtmGRPC)).Add(busiGRPC+"Action", &emptypb.Empty{})
			if err := msg.DoAndSubmit(busiGRPC+"Query", func(*dtmcli.BranchBarrier) error { return nil }); err != nil {
				return err
			}
			return errors.Join(until(msg.Gid, "succeed"), want("calls", w.heard(), "action"))
		}},
		{"grpc msg whose caller died is asked about, and given up", func() error {
			w.reset(map[string][]int{"query": {409}})
			msg := dtmgrpc.NewMsgGrpc(*dtmGRPC, dtmgrpc.MustGenGid(*dtmGRPC)).Add(busiGRPC+"Action", &emptypb.Empty{})
			msg.TimeoutToFail = 1
			if err := msg.Prepare(busiGRPC + "Query"); err != nil {
				return err
			}
			return errors.Join(until(msg.Gid, "failed"), want("calls", w.heard(), "query"))
		}},
	}
	for _, each := range scenarios {
		check(each.name, each.run())
	}
	if failed {
		os.Exit(1)
	}
}

func fatal(err error) {
	if err != nil {
		fmt.Println("not ok", err)
		os.Exit(2)
	}
}

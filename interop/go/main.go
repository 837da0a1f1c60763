// Runs dtm's own Go SDK, unchanged, against a Lockstep coordinator: each line of the output is one scenario.
package main

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/dtm-labs/client/dtmcli"
	"github.com/dtm-labs/client/dtmcli/logger"
	"github.com/dtm-labs/client/dtmgrpc"
	"github.com/dtm-labs/client/workflow"
	"github.com/go-resty/resty/v2"
	_ "github.com/go-sql-driver/mysql"
	"google.golang.org/grpc"
	"google.golang.org/protobuf/types/known/emptypb"
)

// world is the participants' side: it counts what it is asked to do, and answers as the scenario says.
type world struct {
	mutex   sync.Mutex
	calls   []string
	bank    dtmcli.DBConf
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
	if number, isXa := strings.CutPrefix(name, "xa"); isXa {
		response.WriteHeader(statusOf(w.xa(request.URL.Query(), number, body)))
		return
	}
	status := w.take(name)
	response.Header().Set("content-type", "application/json")
	response.WriteHeader(status)
	_, _ = fmt.Fprintf(response, `{"name":%q}`, name)
}

// xa is a participant whose database prepares: it moves the amount in the body to or from one account.
func (w *world) xa(query url.Values, account string, body []byte) error {
	op := query.Get("op")
	status := w.take("xa" + account + "." + op)
	return dtmcli.XaLocalTransaction(query, w.bank, func(db *sql.DB, _ *dtmcli.Xa) error {
		var order struct{ Amount int }
		if err := json.Unmarshal(body, &order); err != nil {
			return err
		}
		if _, err := db.Exec("update interop.account set amount = amount + ? where id = ?", order.Amount, account); err != nil {
			return err
		}
		if status != 200 {
			return errorOf(status)
		}
		return nil
	})
}

// openBank makes two accounts of 100, and the barrier's table, in a database of its own.
func (w *world) openBank(address string) (*sql.DB, error) {
	parsed, err := url.Parse(address)
	if err != nil {
		return nil, err
	}
	port, err := strconv.ParseInt(parsed.Port(), 10, 64)
	if err != nil {
		return nil, err
	}
	password, _ := parsed.User.Password()
	w.bank = dtmcli.DBConf{Driver: "mysql", Host: parsed.Hostname(), Port: port, User: parsed.User.Username(), Password: password}
	db, err := sql.Open("mysql", fmt.Sprintf("%s:%s@tcp(%s)/", w.bank.User, password, parsed.Host))
	if err != nil {
		return nil, err
	}
	for _, statement := range []string{
		"create database if not exists interop",
		"create database if not exists dtm_barrier",
		`create table if not exists dtm_barrier.barrier (id bigint auto_increment primary key, trans_type varchar(45),
		 gid varchar(128), branch_id varchar(128), op varchar(45), barrier_id varchar(45), reason varchar(45),
		 unique key (gid, branch_id, op, barrier_id))`,
		"create table if not exists interop.account (id int primary key, amount int not null)",
		"replace into interop.account values (1, 100), (2, 100)",
	} {
		if _, err := db.Exec(statement); err != nil {
			return nil, err
		}
	}
	return db, nil
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
	mysql := flag.String("mysql", "", "mysql://user:password@host:port of the participants' database; empty leaves out what needs one")
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
	// until waits for the end, or one of the ends, that a scenario asks for; the coordinator may still be on its way.
	until := func(gid, wanted string) error {
		found := ""
		for i := 0; i < 300; i++ {
			if found = status(gid); found != "" && strings.Contains(" "+wanted+" ", " "+found+" ") {
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
	if *mysql != "" {
		bank, err := w.openBank(*mysql)
		fatal(err)
		scenarios = append(scenarios, xaScenarios(w, bank, xaWorld{*dtmHTTP, busi, newGid, until})...)
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

// xaWorld is what the scenarios of xa need besides their database.
type xaWorld struct {
	dtm    string
	busi   string
	newGid func() string
	until  func(gid, wanted string) error
}

func (x xaWorld) transfer(gid string, amount int) error {
	return dtmcli.XaGlobalTransaction(x.dtm, gid, func(xa *dtmcli.Xa) (*resty.Response, error) {
		if answer, err := xa.CallBranch(map[string]int{"amount": -amount}, x.busi+"/xa1"); err != nil {
			return answer, err
		}
		return xa.CallBranch(map[string]int{"amount": amount}, x.busi+"/xa2")
	})
}

func xaScenarios(w *world, bank *sql.DB, x xaWorld) []scenario {
	amounts := func() string {
		var one, two int
		if err := bank.QueryRow("select a.amount, b.amount from interop.account a, interop.account b where a.id = 1 and b.id = 2").Scan(&one, &two); err != nil {
			return err.Error()
		}
		return fmt.Sprintf("%d %d", one, two)
	}
	return []scenario{
		{"http xa is committed on a real database", func() error {
			w.reset(nil)
			gid := x.newGid()
			if err := x.transfer(gid, 30); err != nil {
				return err
			}
			return errors.Join(
				x.until(gid, "succeed"),
				want("calls", w.heard(), "xa1.action xa2.action xa1.commit xa2.commit"),
				want("amounts", amounts(), "70 130"),
			)
		}},
		{"http xa is rolled back on a real database", func() error {
			w.reset(map[string][]int{"xa2.action": {409}})
			gid := x.newGid()
			if err := x.transfer(gid, 30); !errors.Is(err, dtmcli.ErrFailure) {
				return fmt.Errorf("the transaction answered %v", err)
			}
			return errors.Join(
				x.until(gid, "failed"),
				want("calls", w.heard(), "xa1.action xa2.action xa1.rollback"),
				want("amounts", amounts(), "70 130"),
			)
		}},
		{"http xa: 40 transfers at once, every third refused, change no sum", func() error {
			refusals := make([]int, 0, 40)
			for i := 0; i < 40; i++ {
				refusals = append(refusals, map[bool]int{true: 409, false: 200}[i%3 == 0])
			}
			w.reset(map[string][]int{"xa2.action": refusals})
			gids := make([]string, 40)
			var all sync.WaitGroup
			for i := range gids {
				gids[i] = x.newGid()
				all.Add(1)
				go func(gid string) {
					defer all.Done()
					_ = x.transfer(gid, 1)
				}(gids[i])
			}
			all.Wait()
			for _, gid := range gids {
				if err := x.until(gid, "succeed failed"); err != nil {
					return err
				}
			}
			var sum, second int
			if err := bank.QueryRow("select sum(amount), max(amount) from interop.account").Scan(&sum, &second); err != nil {
				return err
			}
			if second <= 130 {
				return fmt.Errorf("no transfer took effect")
			}
			return want("sum", strconv.Itoa(sum), "200")
		}},
	}
}

"""Runs dtm's own Python SDK, unchanged, against a Lockstep coordinator: each line of the output is one scenario."""

import contextlib
import io
import json
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

import requests
from dtmcli import msg, saga, tcc, utils

DTM = sys.argv[1]
BODY = {"amount": 30}


class World:
    """The participants' side: it notes what it is asked to do, and answers as the scenario says."""

    def __init__(self):
        self.lock = threading.Lock()
        self.reset()

    def reset(self, **answers):
        self.calls = []
        self.answers = {name: list(each) for name, each in answers.items()}

    def take(self, name):
        with self.lock:
            self.calls.append(name)
            left = self.answers.get(name)
            return left.pop(0) if left else 200


WORLD = World()


class Participant(BaseHTTPRequestHandler):
    def answer(self):
        self.rfile.read(int(self.headers.get("content-length") or 0))
        status = WORLD.take(urlsplit(self.path).path.strip("/"))
        body = json.dumps({"status": status}).encode()
        self.send_response(status)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    do_GET = do_POST = answer

    def log_message(self, *_):
        pass


server = ThreadingHTTPServer(("127.0.0.1", 0), Participant)
threading.Thread(target=server.serve_forever, daemon=True).start()
BUSI = f"http://127.0.0.1:{server.server_address[1]}"


def until(gid, wanted):
    found = None
    for _ in range(300):
        found = requests.get(f"{DTM}/query", params={"gid": gid}, timeout=5).json()["transaction"]["status"]
        if found == wanted:
            return
        time.sleep(0.1)
    raise AssertionError(f"status of {gid}: {found}, and not {wanted}")


def heard(wanted):
    assert WORLD.calls == wanted.split(), f"calls: {WORLD.calls}, and not {wanted.split()}"


def branch(of, number):
    return of.call_branch(BODY, f"{BUSI}/try{number}", f"{BUSI}/confirm{number}", f"{BUSI}/cancel{number}")


def saga_succeeds():
    gid = utils.gen_gid(DTM)
    saga.Saga(DTM, gid).add(BODY, f"{BUSI}/out", f"{BUSI}/outRevert").add(BODY, f"{BUSI}/in", f"{BUSI}/inRevert").submit()
    until(gid, "succeed")
    heard("out in")


def saga_is_rolled_back():
    WORLD.reset(**{"in": [409]})
    gid = utils.gen_gid(DTM)
    saga.Saga(DTM, gid).add(BODY, f"{BUSI}/out", f"{BUSI}/outRevert").add(BODY, f"{BUSI}/in", f"{BUSI}/inRevert").submit()
    until(gid, "failed")
    heard("out in inRevert outRevert")


def tcc_is_confirmed():
    gid = utils.gen_gid(DTM)
    assert tcc.tcc_global_transaction(DTM, gid, lambda t: [branch(t, 1), branch(t, 2)]) == gid
    until(gid, "succeed")
    heard("try1 try2 confirm2 confirm1")


def tcc_is_cancelled():
    WORLD.reset(try2=[409], cancel1=[500])
    gid = utils.gen_gid(DTM)
    assert tcc.tcc_global_transaction(DTM, gid, lambda t: [branch(t, 1), branch(t, 2)]) == ""
    until(gid, "failed")
    heard("try1 try2 cancel2 cancel1 cancel1")


def tcc_is_nested():
    def carry_out(outer):
        branch(outer, 1)
        branch(tcc.tcc_from_req(DTM, gid, "01"), 2)

    gid = utils.gen_gid(DTM)
    assert tcc.tcc_global_transaction(DTM, gid, carry_out) == gid
    until(gid, "succeed")
    heard("try1 try2 confirm2 confirm1")


def msg_is_sent():
    gid = utils.gen_gid(DTM)
    msg.Msg(DTM, gid).add(BODY, f"{BUSI}/in").do_and_submit(f"{BUSI}/query", lambda _: None)
    until(gid, "succeed")
    heard("in")


def msg_is_given_up():
    def fails(_):
        raise utils.DTMFailureError("no money")

    gid = utils.gen_gid(DTM)
    try:
        msg.Msg(DTM, gid).add(BODY, f"{BUSI}/in").do_and_submit(f"{BUSI}/query", fails)
        raise AssertionError("do_and_submit raised nothing")
    except utils.DTMFailureError:
        pass
    until(gid, "failed")
    heard("")


def msg_is_asked_about():
    gid = utils.gen_gid(DTM)
    prepared = msg.Msg(DTM, gid).add(BODY, f"{BUSI}/in")
    prepared.trans_base.timeout_to_fail = 1
    prepared.prepare(f"{BUSI}/query")
    until(gid, "succeed")
    heard("query in")


failed = False
for scenario in (
    saga_succeeds,
    saga_is_rolled_back,
    tcc_is_confirmed,
    tcc_is_cancelled,
    tcc_is_nested,
    msg_is_sent,
    msg_is_given_up,
    msg_is_asked_about,
):
    name = "python " + scenario.__name__.replace("_", " ")
    WORLD.reset()
    try:
        # The SDK prints what it does, and the trace of what it catches.
        with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
            scenario()
        print(f"ok {name}", flush=True)
    except Exception as error:  # noqa: BLE001
        failed = True
        print(f"not ok {name}: {error}", flush=True)
sys.exit(1 if failed else 0)

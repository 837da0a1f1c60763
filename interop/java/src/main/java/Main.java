import com.sun.net.httpserver.HttpServer;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import pub.dtm.client.DtmClient;
import pub.dtm.client.tcc.Tcc;

/** Runs dtm's own Java SDK, unchanged, against a Lockstep coordinator: each line of the output is one scenario. */
public final class Main {
  interface Scenario {
    void run() throws Exception;
  }

  private static final List<String> calls = Collections.synchronizedList(new ArrayList<>());
  private static final Map<String, List<Integer>> answers = Collections.synchronizedMap(new HashMap<>());
  private static final Map<String, Integer> BODY = Map.of("amount", 30);
  private static String dtm;
  private static String busi;
  private static boolean failed = false;

  public static void main(String[] arguments) throws Exception {
    dtm = arguments[0];
    URI doors = URI.create(dtm);
    HttpServer server = HttpServer.create(new InetSocketAddress("127.0.0.1", 0), 0);
    server.createContext("/", exchange -> {
      exchange.getRequestBody().readAllBytes();
      int status = take(exchange.getRequestURI().getPath().substring(1));
      byte[] body = ("{\"status\":" + status + "}").getBytes(StandardCharsets.UTF_8);
      exchange.getResponseHeaders().add("content-type", "application/json");
      exchange.sendResponseHeaders(status, body.length);
      exchange.getResponseBody().write(body);
      exchange.close();
    });
    server.start();
    busi = "http://127.0.0.1:" + server.getAddress().getPort();
    DtmClient client = new DtmClient(doors.getHost() + ":" + doors.getPort());

    check("saga succeeds", () -> {
      String gid = saga(client);
      until(gid, "succeed");
      heard("out in");
    });
    check("saga is rolled back", () -> {
      answers.put("in", new ArrayList<>(List.of(409)));
      String gid = saga(client);
      until(gid, "failed");
      heard("out in inRevert outRevert");
    });
    check("tcc is confirmed", () -> {
      String gid = client.tccGlobalTransaction(tcc -> {
        branch(tcc, 1);
        branch(tcc, 2);
      });
      until(gid, "succeed");
      heard("try1 try2 confirm2 confirm1");
    });
    check("tcc is cancelled", () -> {
      String[] gid = new String[1];
      answers.put("cancel1", new ArrayList<>(List.of(500)));
      try {
        client.tccGlobalTransaction(tcc -> {
          gid[0] = tcc.getGid();
          branch(tcc, 1);
          throw new IllegalStateException("the caller changed its mind");
        });
      } catch (Exception expected) {
        // Some versions of the SDK tell their caller, others do not.
      }
      until(gid[0], "failed");
      heard("try1 cancel1 cancel1");
    });
    server.stop(0);
    System.exit(failed ? 1 : 0);
  }

  private static String saga(DtmClient client) throws Exception {
    var saga = client.newSaga(newGid());
    saga.add(busi + "/out", busi + "/outRevert", BODY).add(busi + "/in", busi + "/inRevert", BODY).submit();
    return saga.getGid();
  }

  private static void branch(Tcc tcc, int number) throws Exception {
    tcc.callBranch(BODY, busi + "/try" + number, busi + "/confirm" + number, busi + "/cancel" + number).close();
  }

  private static synchronized int take(String name) {
    calls.add(name);
    List<Integer> left = answers.get(name);
    return left == null || left.isEmpty() ? 200 : left.remove(0);
  }

  private static String newGid() throws Exception {
    return member(get(dtm + "/newGid"), "gid");
  }

  private static void until(String gid, String wanted) throws Exception {
    String found = null;
    for (int turn = 0; turn < 300; turn += 1) {
      String answer = get(dtm + "/query?gid=" + gid);
      found = member(answer.substring(answer.indexOf("\"transaction\":")), "status");
      if (found.equals(wanted)) return;
      Thread.sleep(100);
    }
    throw new AssertionError("status of " + gid + ": " + found + ", and not " + wanted);
  }

  private static void heard(String wanted) {
    String found = String.join(" ", calls);
    if (!found.equals(wanted)) throw new AssertionError("calls: " + found + ", and not " + wanted);
  }

  private static String get(String url) throws Exception {
    HttpRequest request = HttpRequest.newBuilder(URI.create(url)).build();
    return HttpClient.newHttpClient().send(request, BodyHandlers.ofString()).body();
  }

  private static String member(String json, String name) {
    String key = "\"" + name + "\":\"";
    int from = json.indexOf(key) + key.length();
    return json.substring(from, json.indexOf('"', from));
  }

  private static void check(String name, Scenario scenario) {
    calls.clear();
    answers.clear();
    try {
      scenario.run();
      System.out.println("ok java " + name);
    } catch (Exception | AssertionError error) {
      failed = true;
      System.out.println("not ok java " + name + ": " + error);
    }
  }
}

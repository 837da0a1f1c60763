import { expect, test } from "vitest";
import { loadOf } from "./wrk.ts";

const LINE = '{"requests":30000,"us":10000000,"p50":9500,"p99":20125,"refused":0,"broken":0,"late":0}';

function outputWith(line: string): string {
  return `Running 10s test @ http://127.0.0.1:1\n  1 threads and 64 connections\n${line}\n`;
}

test("the load is read from the script's own line", () => {
  expect(loadOf(outputWith(LINE))).toEqual({
    requestCount: 30_000,
    perSecond: 3_000,
    p50Ms: 9.5,
    p99Ms: 20.125,
  });
});

test.for([
  ["an error as an answer", LINE.replace('"refused":0', '"refused":1'), /Of 30000 answers 1 were errors/],
  ["a broken connection", LINE.replace('"broken":0', '"broken":2'), /2 connections broke/],
  ["a late answer", LINE.replace('"late":0', '"late":3'), /3 answers were late/],
  ["no answer at all", LINE.replace("30000", "0"), /Of 0 answers/],
  ["no report", "", /wrk did not report/],
] as const)("%s makes the round worthless", ([, line, problem]) => {
  expect(() => loadOf(outputWith(line))).toThrow(problem);
});

import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { EngineError, InterruptedError } from "../errors.js";
import { AnswerCache } from "../store/answer-cache.js";
import { type Choice, type Chooser, JudgeFailure, type Question } from "./chooser.js";
import { createJudge } from "./create-judge.js";
import type { JudgedItem, Rating } from "./judge.js";
import { summarizeRatings } from "./rating.js";

let folder: string;
let cache: AnswerCache;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "tiller-judge-"));
  cache = await AnswerCache.open(join(folder, "judgements.jsonl"));
});
afterEach(async () => {
  await cache.close();
  await rm(folder, { recursive: true, force: true });
});

const item = (text: string, more: Partial<JudgedItem> = {}): JudgedItem =>
  ({ text, concept: "spring", language: "en", instruction: "Write a line.", ...more }) as JudgedItem;
const sure = (answers: readonly string[], answer: string): Choice => ({
  probabilities: answers.map((one) => (one === answer ? 1 : 0)),
});

/** A chooser that is a function of the question, and remembers what it was asked. */
function chooser(
  answer: (content: string, question: Question, signal: AbortSignal) => Choice | Promise<Choice>,
  concurrency = 1,
): Chooser & { readonly asked: string[] } {
  const asked: string[] = [];
  return {
    name: "test",
    concurrency,
    asked,
    async choose(question, signal) {
      const { content } = question.messages[0]!;
      asked.push(content);
      return answer(content, question, signal);
    },
  };
}
const says = (answer: string) => chooser((_, { answers }) => sure(answers, answer));
const fails = (kind: "down" | "nonsense" | "refused" | "failed", final = false) =>
  chooser(() => {
    throw new JudgeFailure(kind, "It would not.", { final });
  });

describe("ratings", () => {
  it("come from three questions in two orders", async () => {
    const judging = says("1");
    const [rating] = await createJudge(judging).rate([item("a")]);
    const one = { expected: 1, likeliest: 1, orderEffect: 0, ordersAgree: true };
    expect(rating).toEqual({ concept: one, instruction: one, fluency: one });
    expect(new Set(judging.asked).size).toBe(6);
    const single = says("2");
    const [once] = await createJudge(single, { bothOrders: false }).rate([item("a")]);
    expect(single.asked).toHaveLength(3);
    expect(once).toMatchObject({ fluency: { expected: 2, likeliest: 2 } });
    expect(summarizeRatings([once!]).fluency.disagreement).toBeUndefined();
  });

  it("of a judge that takes whatever comes first are worth nothing, and say so", async () => {
    const first = chooser((content, { answers }) => sure(answers, /^([012]): /m.exec(content)![1]!));
    const { concept } = summarizeRatings(await createJudge(first).rate([item("a"), item("b")]));
    expect(concept).toMatchObject({ expected: 1, disagreement: 1, size: 2, bias: -2 });
    const pair = { ...item("x"), a: "one", b: "two", criterion: "fluency" } as const;
    const [preferred] = await createJudge(says("A")).prefer([pair]);
    expect(preferred).toEqual({ a: 0.5, orderEffect: 1, ordersAgree: false });
  });

  it("follow the text and not its place", async () => {
    const longer = chooser((content, { answers }) =>
      sure(answers, content.indexOf("looong") < content.indexOf("short") ? "A" : "B"),
    );
    const pair = { ...item("x"), criterion: "concept" } as const;
    const [a, b] = await createJudge(longer).prefer([
      { ...pair, a: "looong", b: "short" },
      { ...pair, a: "short", b: "looong" },
    ]);
    expect(a).toEqual({ a: 1, orderEffect: 0, ordersAgree: true });
    expect(b).toEqual({ a: 0, orderEffect: 0, ordersAgree: true });
  });

  it("of nothing at all are 0 without a question", async () => {
    const judging = says("2");
    const ratings = await createJudge(judging).rate([item(""), item(" \n\u200b\ufe0f")]);
    expect(judging.asked).toEqual([]);
    expect(summarizeRatings(ratings)).toMatchObject({ rated: 2, score: 0 });
    expect(await createJudge(fails("down")).rate([])).toEqual([]);
  });

  it("of one text are asked for once, in any number of items", async () => {
    const judging = says("2");
    const seen: number[] = [];
    const items = [item("a"), item("b"), item("a"), item("a", { language: "de" })];
    const ratings = await createJudge(judging).rate(items, { onItem: (index) => seen.push(index) });
    expect(judging.asked).toHaveLength(18);
    expect(seen.toSorted()).toEqual([0, 1, 2, 3]);
    expect(ratings[2]).toEqual(ratings[0]);
  });

  it("are asked about at most so many at a time as the chooser says, and come in the items' order", async () => {
    let running = 0;
    let most = 0;
    let free = () => {};
    const both = new Promise<void>((resolve) => {
      free = resolve;
    });
    const judging = chooser(async (content, { answers }) => {
      most = Math.max(most, ++running);
      if (running === 2) free();
      await both;
      running--;
      return sure(answers, /^t(\d)$/m.exec(content)![1]!);
    }, 2);
    const ratings = await createJudge(judging).rate(["t0", "t1", "t2", "t1"].map((text) => item(text)));
    expect(most).toBe(2);
    expect(ratings.map((rating) => (rating.absent === undefined ? rating.concept.likeliest : -1))).toEqual([
      0, 1, 2, 1,
    ]);
  });
});

describe("the cache", () => {
  it("answers for the judge, also in a later process", async () => {
    const items = [item("a"), item("ประเทศไทย"), item("\u2028"), item("👩‍👩‍👧 \ud800")];
    const first = await createJudge(says("1"), { cache }).rate(items);
    const pair = { ...items[0]!, a: "x", b: "y", criterion: "concept" } as const;
    const preferred = await createJudge(says("A"), { cache }).prefer([pair]);
    await cache.close();
    cache = await AnswerCache.open(cache.path);
    const silent = fails("down");
    const seen: number[] = [];
    const judge = createJudge(silent, { cache });
    expect(await judge.rate(items, { onItem: (index) => seen.push(index) })).toEqual(first);
    expect(await judge.prefer([pair])).toEqual(preferred);
    expect([silent.asked, seen]).toEqual([[], [0, 1, 2, 3]]);
  });

  it("does not answer for another judge, another order check or another request", async () => {
    await createJudge(says("1"), { cache }).rate([item("a")]);
    const ask = async (judging: ReturnType<typeof says>, of: JudgedItem, bothOrders = true) => {
      await createJudge(judging, { cache, bothOrders }).rate([of]);
      return judging.asked.length;
    };
    expect(await ask(says("2"), item("a"))).toBe(0);
    expect(await ask({ ...says("2"), name: "other" }, item("a"))).toBe(6);
    for (const other of [
      item("A"),
      item("a", { language: "de" }),
      item("a", { instruction: "" }),
      item("a", { concept: "winter" }),
      { text: "a", label: "spring", language: "en", instruction: "Write a line." },
    ]) {
      expect(await ask(says("2"), other)).toBe(6);
    }
    expect(await ask(says("2"), item("a"), false)).toBe(3);
  });

  it("keeps no absences", async () => {
    const half = chooser((content, { answers }) => {
      if (content.includes("bad")) throw new JudgeFailure("nonsense", "A poem.");
      return sure(answers, "2");
    });
    const ratings = await createJudge(half, { cache }).rate([item("good"), item("bad")]);
    expect(ratings[1]).toEqual({ absent: "nonsense", reason: "A poem." });
    expect((await readFile(cache.path, "utf8")).trim().split("\n")).toHaveLength(1);
    const again = says("1");
    expect(await createJudge(again, { cache }).rate([item("good"), item("bad")])).toMatchObject([
      { concept: { likeliest: 2 } },
      { concept: { likeliest: 1 } },
    ]);
    expect(again.asked).toHaveLength(6);
  });
});

describe("a judge that cannot", () => {
  it("ends in an error if nothing could be rated, and in absences otherwise", async () => {
    const items = Array.from({ length: 9 }, (_, i) => item(`t${i}`));
    await expect(createJudge(fails("failed")).rate([item(""), ...items])).rejects.toThrow(
      /^The judge \(test\) rated none of 10 texts\. It would not\./,
    );
    await expect(createJudge(fails("failed")).rate(items)).rejects.toThrow(EngineError);
    await createJudge(says("1"), { cache }).rate(items.slice(0, 1));
    const seen: Rating[] = [];
    const ratings = await createJudge(fails("failed"), { cache }).rate(items, {
      onItem: (_, rating) => seen.push(rating),
    });
    expect(summarizeRatings(ratings)).toMatchObject({ rated: 1, absent: { failed: 8 } });
    expect(seen).toHaveLength(9);
  });

  it("is asked no more when its failure is final, or after some in a row", async () => {
    const items = Array.from({ length: 30 }, (_, i) => item(`t${i}`));
    await createJudge(says("1"), { cache }).rate([item("known")]);
    const run = async (judging: ReturnType<typeof fails>) => {
      const ratings = await createJudge(judging, { cache }).rate([item("known"), ...items]);
      expect(ratings.slice(1).every(({ absent }) => absent !== undefined)).toBe(true);
      return { asked: judging.asked.length, last: ratings.at(-1)! };
    };
    expect(await run(fails("refused", true))).toEqual({
      asked: 1,
      last: { absent: "refused", reason: "It would not." },
    });
    const down = await run(fails("down"));
    expect(down.asked).toBe(3);
    expect(down.last).toMatchObject({ reason: expect.stringMatching(/given up after 3 failures in a row/) });
    expect((await run(fails("nonsense"))).asked).toBe(20);
    expect((await run(fails("failed"))).asked).toBe(30);
  });

  it("is asked on if it answers now and then", async () => {
    let count = 0;
    const flaky = chooser((_, { answers }) => {
      // Two items fail at their first question, one has its six answered.
      if (count++ % 8 < 2) throw new JudgeFailure("down", "Gone.");
      return sure(answers, "1");
    });
    const ratings = await createJudge(flaky).rate(Array.from({ length: 12 }, (_, i) => item(`t${i}`)));
    expect(summarizeRatings(ratings)).toMatchObject({ rated: 4, absent: { down: 8 } });
  });

  it("passes on what is no failure of a judge, once everything has ended", async () => {
    const broken = chooser((content) => {
      throw new RangeError(`a fault: ${content.length}`);
    }, 3);
    await expect(createJudge(broken).rate([item("a"), item("b")])).rejects.toThrow(RangeError);
    const judge = createJudge(says("1"));
    const careless = () => {
      throw new TypeError("of the caller");
    };
    await expect(judge.rate([item("a")], { onItem: careless })).rejects.toThrow(TypeError);
    await expect(createJudge(fails("down")).rate([item("a")], { onItem: careless })).rejects.toThrow(
      TypeError,
    );
  });
});

describe("an interruption", () => {
  it("before the beginning asks nothing", async () => {
    const judging = says("1");
    const run = createJudge(judging).rate([item("a")], { signal: AbortSignal.abort() });
    await expect(run).rejects.toThrow(InterruptedError);
    expect(judging.asked).toEqual([]);
  });

  it("ends questions under way, and keeps what was rated", async () => {
    const interrupt = new AbortController();
    const judging = chooser((content, { answers }, signal) => {
      if (!content.includes("second")) return sure(answers, "2");
      return new Promise((_, reject) => {
        signal.addEventListener("abort", () => reject(signal.reason));
        interrupt.abort();
      });
    });
    const items = [item("first"), item("second"), item("third")];
    const run = createJudge(judging, { cache }).rate(items, { signal: interrupt.signal });
    await expect(run).rejects.toThrow(InterruptedError);
    expect(judging.asked).toHaveLength(7);
    expect((await readFile(cache.path, "utf8")).trim().split("\n")).toHaveLength(1);
  });
});

it("has a key of its own for each item, whatever is in it", async () => {
  const word = fc.string({ unit: "binary", maxLength: 3 });
  const items = fc.uniqueArray(
    fc.record({ text: fc.constant("t"), concept: word, language: word, instruction: word }),
    { selector: (one) => JSON.stringify(one), maxLength: 8 },
  );
  await fc.assert(
    fc.asyncProperty(items, async (all) => {
      const judging = says("1");
      const ratings = await createJudge(judging).rate(all);
      expect(judging.asked).toHaveLength(6 * all.length);
      expect(summarizeRatings(ratings).rated).toBe(all.length);
    }),
    { seed: 17, numRuns: 50 },
  );
});

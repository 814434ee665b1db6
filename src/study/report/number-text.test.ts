import { describe, expect, it } from "vitest";
import { compact, decimal, duration, signed, whole } from "./number-text.js";

describe("numbers as a reader sees them", () => {
  it.each([
    [decimal(0.625), "0.63"],
    [decimal(-0.5), "−0.50"],
    [decimal(-0.0001), "0.00"],
    [decimal(Number.NaN), "–"],
    [signed(0.0235, 3), "+0.024"],
    [signed(-0.0031, 3), "−0.003"],
    [signed(0.0001, 2), "0.00"],
    [signed(Number.NEGATIVE_INFINITY), "–"],
    [whole(9999), "9999"],
    [whole(9999.6), "10\u202f000"],
    [whole(1234567), "1\u202f234\u202f567"],
    [whole(-12345), "−12\u202f345"],
    [whole(Number.NaN), "–"],
    [compact(0.30000000000000004), "0.3"],
    [compact(52.34), "52.3"],
    [compact(Number.POSITIVE_INFINITY), "–"],
    [duration(0.42), "0.42 s"],
    [duration(59.6), "1 min 0 s"],
    [duration(725), "12 min 5 s"],
    [duration(12000), "3 h 20 min"],
    [duration(-1), "–"],
  ])("%j", (text, expected) => expect(text).toBe(expected));
});

import { expect, test } from "vitest";
import type { Steering } from "../recipe/steering-schema.js";
import { scheduleOf } from "./interventions.js";

test("a decay is a straight line to nothing; a schedule is taken as it is", () => {
  const schedule = [{ token: 3, factor: 2 }];
  expect(scheduleOf({ decay: 30 } as Steering)).toEqual([
    { token: 0, factor: 1 },
    { token: 30, factor: 0 },
  ]);
  expect(scheduleOf({ schedule } as Steering)).toBe(schedule);
  expect(scheduleOf({} as Steering)).toBeUndefined();
});

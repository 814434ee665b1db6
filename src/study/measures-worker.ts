import { parentPort } from "node:worker_threads";
import { type MeasureJob, measureTexts } from "./measures-of-texts.js";

/** Does the jobs that `MeasuresThread` sends, one after the other. A job that throws ends the thread with its error. */
parentPort?.on("message", async (job: MeasureJob) => {
  parentPort?.postMessage(await measureTexts(job));
});

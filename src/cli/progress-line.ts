import type { Progress, ProgressTask } from "../index.js";

/** `1:05` or `2:03:04`. */
export function clock(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds));
  const parts = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60];
  const [hours, minutes, rest] = parts as [number, number, number];
  const two = (value: number) => String(value).padStart(2, "0");
  return hours > 0 ? `${hours}:${two(minutes)}:${two(rest)}` : `${minutes}:${two(rest)}`;
}

export interface TaskState {
  readonly name: string;
  readonly unit: string;
  readonly done: number;
  readonly total: number;
  readonly tokens: number;
  readonly seconds: number;
}

/** Less of the work than this says nothing of the time left. */
const TELLING_SHARE = 0.05;

/** One line of progress: what, how much of how much, how fast, and how long still. */
export function progressText({ name, unit, done, total, tokens, seconds }: TaskState): string {
  const parts = [`${name}: ${done} of ${Math.max(done, total)} ${unit}`];
  if (tokens > 0 && seconds > 0) parts.push(`${(tokens / seconds).toFixed(0)} tokens/s`);
  if (done >= total) parts.push(`in ${clock(seconds)}`);
  else if (done >= TELLING_SHARE * total) parts.push(`${clock((seconds / done) * (total - done))} left`);
  return parts.join(", ");
}

const REDRAW_MS = 200;
/** Between two plain lines, where there is no terminal to redraw. */
const PLAIN_MS = 10_000;

/** Progress on a stream: one line redrawn on a terminal, a plain line now and then elsewhere. */
export function createProgress(
  stream: NodeJS.WriteStream,
  now: () => number = () => performance.now(),
): Progress {
  const terminal = stream.isTTY === true;
  const clear = () => terminal && stream.write("\r\x1b[2K");
  return {
    begin(name, total, unit): ProgressTask {
      const started = now();
      let [done, tokens, drawn] = [0, 0, terminal ? Number.NEGATIVE_INFINITY : started];
      let shown = -1;
      let drawing = false;
      let ended = false;
      const draw = (last: boolean) => {
        const text = progressText({ name, unit, done, total, tokens, seconds: (now() - started) / 1000 });
        if (terminal)
          stream.write(`\r\x1b[2K${text.slice(0, (stream.columns ?? 80) - 1)}${last ? "\n" : ""}`);
        else stream.write(`${text}\n`);
        drawn = now();
        shown = done;
      };
      if (terminal && total > 0) draw(false);
      return {
        advance(units, more = 0) {
          done += units;
          tokens += more;
          if (drawing || ended || now() - drawn < (terminal ? REDRAW_MS : PLAIN_MS)) return;
          drawing = true;
          // Units come in bursts: the line is drawn when the burst is over.
          setImmediate(() => {
            drawing = false;
            if (!ended) draw(false);
          });
        },
        end() {
          if (ended) return;
          ended = true;
          if (terminal || shown !== done) draw(true);
        },
      };
    },
    note(text) {
      clear();
      stream.write(`${text}\n`);
    },
  };
}

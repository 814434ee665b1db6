/** How long work tells what it is doing. The library is silent unless it is given one. */
export interface Progress {
  /** Begins a piece of work of `total` units, such as texts. The name is a plain phrase: `Writing reviews`. */
  begin(name: string, total: number, unit: string): ProgressTask;
  /** Something that the user should know once. */
  note(text: string): void;
}

export interface ProgressTask {
  /** `units` more are done; `tokens` were generated for them. */
  advance(units: number, tokens?: number): void;
  end(): void;
}

export const SILENT: Progress = {
  begin: () => ({ advance: () => {}, end: () => {} }),
  note: () => {},
};

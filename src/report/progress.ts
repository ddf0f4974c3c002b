/** One piece of work that is shown while it goes on. */
export interface Task {
  /** So many bytes are done already, of so many (null: not known): known late, or again after a failure. */
  startAt(doneBytes: number, totalBytes: number | null): void;
  /** More bytes are through. */
  advance(bytes: number): void;
  /** What the task is at now, for tasks that have steps rather than bytes: `[build 3/4] RUN make`. */
  step(text: string): void;
  /** Ends the task; `text` says how (`4.3 MiB`, `cached`). */
  done(text: string): void;
  fail(text: string): void;
}

/** Where work is announced: a live display on a terminal, plain lines elsewhere, nothing with --quiet. Goes to stderr. */
export interface Progress {
  /** `totalBytes` is null where it is not known yet. */
  task(label: string, totalBytes: number | null): Task;
  /** A line for people that stays. */
  note(text: string): void;
  /** Ends the display; the cursor is below it. */
  close(): void;
}

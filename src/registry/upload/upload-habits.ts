/** What is learned of a registry, and of the way to it, while blobs are sent. */
export interface UploadHabits {
  /** Takes how many bytes a connection had carried when it was lost. */
  readonly addCut: (bytes: number) => void;
  /** How many bytes a connection carries until it is lost, on the average; Infinity where none was. */
  readonly typicalBytes: () => number;
  /** The registry threw an upload away when a connection broke in the midst of it: distribution up to 2.8 does. */
  readonly addLostUpload: () => void;
  /** Whether spare connections help with such a registry: those that are given up must not harm the upload. */
  readonly usesSpares: () => boolean;
  readonly addHarmfulSpares: () => void;
  /** A longer body was refused. */
  readonly addLimit: (bytes: number) => void;
  /** The longest body that may be taken; Infinity where none was refused. */
  readonly limitBytes: () => number;
}

/** How much the last cut says, beside all before it. */
const LAST_WEIGHT = 0.3;

export function createUploadHabits(): UploadHabits {
  let [typical, limit, isLosing, isHarmed] = [Infinity, Infinity, false, false];
  return {
    addCut: (bytes) => {
      typical = typical === Infinity ? bytes : typical * (1 - LAST_WEIGHT) + bytes * LAST_WEIGHT;
    },
    typicalBytes: () => typical,
    addLostUpload: () => {
      isLosing = true;
    },
    usesSpares: () => isLosing && !isHarmed,
    addHarmfulSpares: () => {
      isHarmed = true;
    },
    addLimit: (bytes) => {
      limit = Math.min(limit, bytes);
    },
    limitBytes: () => limit,
  };
}

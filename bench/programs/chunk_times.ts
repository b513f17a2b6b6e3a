/** The most chunks of one measurement. */
const CHUNKS = 65536;

/** The chunks of one measurement: their median passes over those in which the core was taken away. */
export interface ChunkTimes {
  /** Adds a chunk's milliseconds. */
  add(milliseconds: number): void;
  /** Gives the median, in nanoseconds, and empties the chunks. */
  median(): number;
}

/** Makes room for the chunks, so that none is allocated while it is measured. */
export function chunkTimes(): ChunkTimes {
  const times = new Float64Array(CHUNKS);
  let count = 0;
  return {
    add(milliseconds) {
      if (count < CHUNKS) times[count++] = milliseconds;
    },
    median() {
      const middle = times.subarray(0, count).sort()[count >> 1] ?? 0;
      count = 0;
      return middle * 1e6;
    },
  };
}

/** A program whose bytes are read where they are wanted. */
export interface ProgramBytes {
  readonly sizeBytes: number;
  /** The bytes from `offset` on, `length` of them or as many as there are. Each call may unpack a layer anew. */
  read(offset: number, length: number): Promise<Buffer>;
}

/** A part of the process that detection runs in, as /ready of detection says it. */
export interface HostPart {
  /** One plain sentence. */
  readonly state: string;
  /** False asks for a person. */
  readonly isWell: boolean;
}

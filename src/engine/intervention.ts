import type { Selection } from "./selection.js";

/** What is done to the residual stream: plain data, applied by whichever engine runs the model. */

/** Where and when an intervention acts. */
export interface Site {
  /** 0-based block; its output is changed before the next block reads it. */
  readonly layer: number;
  /** Default: every row. */
  readonly where?: Selection;
  /** Default: always. */
  readonly when?: Condition;
  /** Default: 1 at every row. */
  readonly schedule?: Schedule;
}

/**
 * Acts only where the residual stream leans to a second direction, as conditional activation steering does (CAST,
 * arXiv 2409.05907). The residual after block `layer` is measured as it comes, before any intervention there.
 */
export interface Condition {
  /** 0-based block, not behind the intervention's. */
  readonly layer: number;
  /** `[width]` */
  readonly vector: Float32Array;
  /** `cosine` of the residual and the vector, or `projection`: the residual's component along its direction. */
  readonly measure: "cosine" | "projection";
  /**
   * `row`: each row by itself. `prompt`: the mean residual of the prompt behind its first row decides for the whole text;
   * it is known when the prompt's last token passes, so that rows before that one are left as they are.
   */
  readonly over: "row" | "prompt";
  /** Acts if the measure is larger than this. */
  readonly above?: number;
  /** Acts if the measure is smaller than this. */
  readonly below?: number;
}

/**
 * Factor of an intervention at the n-th generated token, n from 0: straight lines between these points, by ascending
 * token; rows of the prompt have the first point's factor, and rows behind the last point the last one's. A factor
 * scales an added vector or an angle, and is the share of the way that the other operations go.
 */
export type Schedule = readonly { readonly token: number; readonly factor: number }[];

/** h ← h + v. The vector is already scaled: the engine multiplies by nothing. Paper A: v = α·v̂. */
export interface Addition extends Site {
  readonly kind: "add";
  /** `[width]` */
  readonly vector: Float32Array;
}

/** h ← (h + v)·‖h‖ / ‖h + v‖: an addition that keeps the row's norm. */
export interface NormPreservingAddition extends Site {
  readonly kind: "add-keeping-norm";
  /** `[width]` */
  readonly vector: Float32Array;
}

/** h ← h − (h·d̂)·d̂: projects a direction out (directional ablation, arXiv 2406.11717). */
export interface Ablation extends Site {
  readonly kind: "ablate";
  /** Of any length but 0; d̂ is its unit vector. `[width]` */
  readonly direction: Float32Array;
}

/** h ← h + (min(max(h·d̂, least), most) − h·d̂)·d̂: keeps the component along a direction in an interval. */
export interface Clamp extends Site {
  readonly kind: "clamp";
  /** `[width]` */
  readonly direction: Float32Array;
  /** In the residual stream's own units. Default: no bound. */
  readonly least?: number;
  /** In the residual stream's own units. Default: no bound. */
  readonly most?: number;
}

/** h ← h + (r·d̂ − h·d̂)·d̂: gives a row a reference's component along a direction (affine ablation, ACE). */
export interface Replacement extends Site {
  readonly kind: "replace";
  /** `[width]` */
  readonly direction: Float32Array;
  /** r, such as the mean residual of a class. `[width]` */
  readonly reference: Float32Array;
}

/**
 * Turns h towards d̂ in the plane of the two by an angle, no further than d̂ itself, its norm kept; a negative angle
 * turns it away, no further than −d̂. A row along ±d̂, which has no such plane, is left as it is.
 */
export interface Rotation extends Site {
  readonly kind: "rotate";
  /** `[width]` */
  readonly direction: Float32Array;
  /** In radians. */
  readonly angle: number;
}

/** Interventions of a list are applied in its order where they meet at one block. */
export type Intervention = Addition | NormPreservingAddition | Ablation | Clamp | Replacement | Rotation;

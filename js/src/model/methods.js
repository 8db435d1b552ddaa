/** The methods, as the kernel names them. */

/** One field of each prompt. */
export const SIMILARITY = "similarity";
/** One field of all prompts, in diffusion coordinates. */
export const DIFFUSION = "diffusion";
/** One field of all prompts, by a cut that only the kernel can make. */
export const BIASED = "biased_ncut";

/**
 * All kinds of data that the page asks the kernel for and keeps, the most urgent first.
 * A new kind is added here.
 *
 * @import { Decoder } from "../pictures.js"
 * @import { Info, Message } from "./wire.js"
 * @import { Buffers, Resource } from "./resource.js"
 * @import { Runs } from "../../maths/runs.js"
 */

import { Fields } from "../fields.js";
import { picturesOfKinds } from "../pictures.js";
import { Previews } from "../previews.js";
import { SegmentMasks } from "../segments.js";
import { Ways } from "../ways.js";

export class Resources {
  fields;
  previews;
  pictures;
  ways;
  /** @type {SegmentMasks<Runs>} At the images' own sizes. */
  segmentMasks;
  /** @type {SegmentMasks<Uint8Array>} On the latent grid. */
  segmentCells;
  /** @type {Resource[]} */
  kinds;

  /**
   * @param {Info} info
   * @param {number} colors version of the eigenvectors' colours
   * @param {() => string} by the way that is set
   * @param {Decoder} decode
   */
  constructor(info, colors, by, decode) {
    const { has_images, settings } = info;
    this.ways = new Ways(info);
    this.fields = new Fields(info);
    this.previews = new Previews(info, settings.num_eig.high, this.ways);
    this.pictures = picturesOfKinds(decode, has_images, colors, by);
    this.segmentMasks = new SegmentMasks("stage", info);
    this.segmentCells = new SegmentMasks("thumb", info);
    const { stage, eigvecs, thumb } = this.pictures;
    const { moments, sample, vectors } = this.previews;
    this.kinds = [
      stage,
      this.fields,
      this.segmentMasks,
      eigvecs,
      thumb,
      this.segmentCells,
      this.ways,
      moments,
      sample,
      vectors,
    ];
  }

  /**
   * Keep room for what is on view.
   *
   * @param {number} fields
   * @param {number} images
   */
  reserve(fields, images) {
    for (const resource of this.kinds) resource.reserve(fields, images);
    this.previews.reserve(fields);
  }

  /**
   * Keep what has come.
   *
   * @param {Message} content
   * @param {Buffers} buffers
   * @param {boolean} isOurs whether this page has asked for it
   * @returns {Promise<unknown> | null} of what is still to be done with it
   */
  accept(content, buffers, isOurs) {
    const takers = this.kinds.filter(({ type }) => type === content.type);
    const taken = takers.map((each) => each.accept(content, buffers, isOurs));
    const toDo = taken.filter(Boolean);
    return toDo.length > 0 ? Promise.all(toDo) : null;
  }

  /**
   * @param {string} kind of request that has its answer
   * @param {string[]} keys of what it asked for
   * @param {Message} answer
   */
  refuse(kind, keys, answer) {
    this.kinds.find((each) => each.kind === kind)?.refuse(keys, answer);
  }

  /** @param {number} colors version that the kernel has from now on */
  recolor(colors) {
    for (const pictures of Object.values(this.pictures)) pictures.recolor(colors);
  }

  /**
   * There are eigenvectors of more images.
   *
   * @param {Info} info
   */
  renew(info) {
    for (const resource of this.kinds) resource.renew(info);
    this.previews.renew();
  }

  retry() {
    for (const resource of this.kinds) resource.retry();
  }

  close() {
    for (const resource of this.kinds) resource.close();
    this.previews.close();
  }
}

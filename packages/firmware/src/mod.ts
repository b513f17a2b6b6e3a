/**
 * Small bare-metal firmware for the processors that this project runs in emulation.
 *
 * @module
 */
export { FirmwareError, type FirmwareErrorCode } from "./error.ts";
export { firmwareNames, type FirmwareName, image, imageUrl } from "./image.ts";

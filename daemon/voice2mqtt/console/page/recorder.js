// Records with the browser's microphone, for the Speech host: 16 kHz, 16 bits, mono.

const RATE_HZ = 16000;

/** Why there is no microphone here, "" if there may be one. */
export const unavailable = !navigator.mediaDevices?.getUserMedia || !window.MediaRecorder
  ? "A browser lends its microphone only to a page of this machine itself, or over https." : "";

/** Begin to record; return a function that ends it and gives the samples as base64. */
export async function record() {
  // Noise is left in: the daemon's microphone has it too.
  const stream = await navigator.mediaDevices.getUserMedia({
    audio: { channelCount: 1, echoCancellation: false, noiseSuppression: false },
  });
  const recorder = new MediaRecorder(stream, { audioBitsPerSecond: 128000 });
  const pieces = [];
  recorder.addEventListener("dataavailable", ({ data }) => pieces.push(data));
  const stopped = new Promise((resolve) => recorder.addEventListener("stop", resolve, { once: true }));
  recorder.start();
  return async () => {
    if (recorder.state !== "inactive") recorder.stop();
    await stopped;
    for (const track of stream.getTracks()) track.stop();
    return encoded(samples(await decoded(new Blob(pieces))));
  };
}

/** Return the audio of `blob`, resampled by the browser. */
async function decoded(blob) {
  const context = new OfflineAudioContext(1, 1, RATE_HZ);
  return (await context.decodeAudioData(await blob.arrayBuffer())).getChannelData(0);
}

function samples(floats) {
  const view = new DataView(new ArrayBuffer(floats.length * 2));
  floats.forEach((value, n) => view.setInt16(2 * n, Math.round(Math.max(-1, Math.min(1, value)) * 32767), true));
  return view.buffer;
}

function encoded(buffer) {
  return new Promise((resolve, reject) => {
    const reader = new FileReader();
    reader.addEventListener("load", () => resolve(reader.result.split(",")[1] ?? ""));
    reader.addEventListener("error", () => reject(reader.error));
    reader.readAsDataURL(new Blob([buffer]));
  });
}

// node client.js URL once|twice|live|continuous|dictation PCM_FILE [KEY [LANGUAGE]]: recognises, one JSON event a line.
"use strict";
const fs = require("node:fs");
const sdk = require("microsoft-cognitiveservices-speech-sdk");

const [url, mode, file, key, language] = process.argv.slice(2);
const pcm = fs.readFileSync(file);

const config = sdk.SpeechConfig.fromHost(new URL(url), key);
config.speechRecognitionLanguage = language || "en-US";
config.outputFormat = sdk.OutputFormat.Detailed;
config.requestWordLevelTimestamps();
if (mode === "dictation") config.enableDictation();
const stream = sdk.AudioInputStream.createPushStream();
const recognizer = new sdk.SpeechRecognizer(config, sdk.AudioConfig.fromStreamInput(stream));
sdk.PhraseListGrammar.fromRecognizer(recognizer).addPhrase("Contoso lamp");

const tell = (event, result) =>
  console.log(JSON.stringify({
    event,
    reason: result && sdk.ResultReason[result.reason],
    text: result && result.text,
    end: result && result.offset + result.duration,
    json: result && result.json,
    error: result && result.errorDetails,
  }));
const push = (start = 0, end = pcm.length) =>
  stream.write(pcm.buffer.slice(pcm.byteOffset + start, pcm.byteOffset + end));
// "live" says no more than this until a hypothesis has come.
const begun = mode === "live" ? pcm.length - 24_000 : pcm.length;
const once = () => new Promise((resolve, reject) => recognizer.recognizeOnceAsync(resolve, reject));

for (const event of ["recognizing", "recognized", "speechStartDetected", "speechEndDetected"]) {
  recognizer[event] = (_, args) => tell(event, args.result);
}
if (mode === "live") {
  let rest = () => { push(begun); rest = () => {}; };
  recognizer.recognizing = (_, args) => { tell("recognizing", args.result); rest(); };
}

async function main() {
  push(0, begun);
  if (mode === "continuous" || mode === "dictation") {
    stream.close();
    const stopped = new Promise((resolve) => { recognizer.sessionStopped = resolve; });
    recognizer.startContinuousRecognitionAsync();
    await stopped;
  } else {
    if (mode === "once") stream.close();
    tell("result", await once());
    if (mode === "twice") {
      push();
      tell("result", await once());
    }
  }
  recognizer.close();
}

main().catch((error) => {
  console.error(error);
  process.exitCode = 1;
});

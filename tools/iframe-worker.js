// The site's search runs in a worker, but browsers start no worker for a page that is opened from a
// folder. There, this class does a worker's job in a hidden frame. (The theme would load such a
// class from another server; it looks for the names IFrameWorker and iframe-worker.)
class IFrameWorker extends EventTarget {
  constructor(url) {
    super();
    const frame = document.createElement("iframe");
    frame.hidden = true;
    frame.srcdoc =
      '<script>postMessage = (data) => parent.postMessage(data, "*")</script>' +
      `<script src="${url}"></script>`;
    this.frame = frame;
    this.loaded = new Promise((done) => frame.addEventListener("load", done));
    addEventListener("message", ({ source, data }) => {
      if (source === frame.contentWindow) this.dispatchEvent(new MessageEvent("message", { data }));
    });
    document.body.append(frame);
  }

  async postMessage(data) {
    await this.loaded;
    this.frame.contentWindow.dispatchEvent(new MessageEvent("message", { data }));
  }
}

if (location.protocol === "file:") {
  window.IFrameWorker = window.Worker = IFrameWorker;
}

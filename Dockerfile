# A container with logoflow and JupyterLab. It uses the processor, not a GPU.
#   docker build -t logoflow .
#   docker run --rm -it -p 8888:8888 logoflow
# JupyterLab prints an address with a token. Open this address in a browser.
#
# A container with `logoflow serve`, for the model in the folder my-model (docs/serve.md):
#   docker build --target serve -t logoflow-serve .
#   docker run --rm -p 127.0.0.1:8000:8000 -v ./my-model:/model:ro logoflow-serve
FROM debian:trixie-slim AS setup

# The system packages that README.md lists.
RUN apt-get update \
    && apt-get install --yes --no-install-recommends \
       make python3-venv libgl1 libglib2.0-0 libgomp1 libquadmath0 \
    && rm -rf /var/lib/apt/lists/*

# The notebooks run as an ordinary user. WORKDIR alone would create the folder for root.
RUN useradd --create-home --shell /bin/bash logoflow \
    && install --directory --owner=logoflow --group=logoflow /home/logoflow/logoflow
WORKDIR /home/logoflow/logoflow
COPY --chown=logoflow:logoflow . .
USER logoflow

# pip's cache would make the image larger.
RUN make setup PIP_NO_CACHE_DIR=1

# A server in a container must listen on 0.0.0.0 to be reachable from outside.
FROM setup AS serve
EXPOSE 8000
ENTRYPOINT [".venv/bin/logoflow", "serve", "/model", "--host", "0.0.0.0"]

FROM setup
EXPOSE 8888
CMD ["make", "lab", "IP=0.0.0.0"]

module tiepdon/interop/gmrtd

go 1.26.0

require github.com/gmrtd/gmrtd v1.1.2

package main

import (
	"encoding/binary"
	"io"
	"net"
)

// A card of another process: each message is its length in four bytes, then the bytes.
type line struct {
	socket net.Conn
	count  int
}

func dial(address string) (*line, error) {
	socket, err := net.Dial("tcp", address)
	return &line{socket: socket}, err
}

// Transceive answers nothing at all where the line is broken, as gmrtd wants it.
func (wire *line) Transceive(_, _, _, _ int, _ []byte, _ int, command []byte) []byte {
	wire.count++
	message := binary.BigEndian.AppendUint32(nil, uint32(len(command)))
	if _, err := wire.socket.Write(append(message, command...)); err != nil {
		return nil
	}
	var length [4]byte
	if _, err := io.ReadFull(wire.socket, length[:]); err != nil {
		return nil
	}
	reply := make([]byte, binary.BigEndian.Uint32(length[:]))
	if _, err := io.ReadFull(wire.socket, reply); err != nil {
		return nil
	}
	return reply
}

func (wire *line) close() {
	_ = wire.socket.Close()
}

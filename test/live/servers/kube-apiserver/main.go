// A whole Kubernetes API server for tests: its etcd runs in the same process and dies with it.
//
// ETCD_FOLDER and ETCD_PORT say where the etcd keeps its data and where it listens on the loopback. Every argument is
// one of kube-apiserver's own flags.
package main

import (
	"log"
	"net/url"
	"os"

	"go.etcd.io/etcd/server/v3/embed"
	"k8s.io/component-base/cli"
	"k8s.io/kubernetes/cmd/kube-apiserver/app"
)

func main() {
	startEtcd(os.Getenv("ETCD_FOLDER"), os.Getenv("ETCD_PORT"))
	os.Exit(cli.Run(app.NewAPIServerCommand()))
}

func startEtcd(folder, port string) {
	config := embed.NewConfig()
	config.Dir = folder
	config.LogLevel = "warn"
	// The data is thrown away with the test, so nothing needs to survive a crash of the machine.
	config.UnsafeNoFsync = true
	clients := []url.URL{{Scheme: "http", Host: "127.0.0.1:" + port}}
	// No other member ever calls, so any free port will do.
	peers := []url.URL{{Scheme: "http", Host: "127.0.0.1:0"}}
	config.ListenClientUrls, config.AdvertiseClientUrls = clients, clients
	config.ListenPeerUrls, config.AdvertisePeerUrls = peers, peers
	config.InitialCluster = config.InitialClusterFromName(config.Name)
	etcd, err := embed.StartEtcd(config)
	if err != nil {
		log.Fatal(err)
	}
	<-etcd.Server.ReadyNotify()
}
